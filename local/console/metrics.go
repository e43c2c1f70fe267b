package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// published are the metrics that the services publish of a kind of node.
type published struct {
	namespace, dimension string
	statistics           []statistic
}

// statistic is one of a metric, and what it says of a node.
type statistic struct {
	metric, name string
	apply        func(*Activity, measured)
}

// measured are values of a statistic.
type measured struct {
	fresh float64 // what was added since the last sample
	sum   float64 // of this minute and the one before
	last  float64
}

// What the values of a statistic say of a node.
func counted(a *Activity, m measured)       { a.Total += m.fresh }
func failures(a *Activity, m measured)      { a.Errors += m.sum }
func p50(a *Activity, m measured)           { a.P50Ms = higher(a.P50Ms, m.last) }
func p99(a *Activity, m measured)           { a.P99Ms = higher(a.P99Ms, m.last) }
func oldestRecord(a *Activity, m measured)  { a.OldestMs = max(a.OldestMs, m.last) }
func oldestMessage(a *Activity, m measured) { a.OldestMs = m.last * 1000 }

var metricsOf = map[string]published{
	kindAPI: {"AWS/ApiGateway", "ApiName", []statistic{
		{"Count", "Sum", counted}, {"5XXError", "Sum", failures}, {"Latency", "p50", p50}, {"Latency", "p99", p99},
	}},
	kindFunction: {"AWS/Lambda", "FunctionName", []statistic{
		{"Invocations", "Sum", counted}, {"Errors", "Sum", failures}, {"Throttles", "Sum", failures}, {"Duration", "p50", p50}, {"Duration", "p99", p99},
	}},
	kindMachine: {"AWS/States", "StateMachineArn", []statistic{
		{"ExecutionsStarted", "Sum", counted}, {"ExecutionsFailed", "Sum", failures}, {"ExecutionsTimedOut", "Sum", failures},
		{"ExecutionTime", "p50", p50}, {"ExecutionTime", "p99", p99},
	}},
	kindTopic: {"AWS/SNS", "TopicName", []statistic{
		{"NumberOfMessagesPublished", "Sum", counted}, {"NumberOfNotificationsFailed", "Sum", failures},
	}},
	kindQueue:       queueMetrics,
	kindDeadLetters: queueMetrics,
	kindStream: {"AWS/Kinesis", "StreamName", []statistic{
		{"IncomingRecords", "Sum", counted}, {"WriteProvisionedThroughputExceeded", "Sum", failures}, {"ReadProvisionedThroughputExceeded", "Sum", failures},
	}},
	kindTable: {"AWS/DynamoDB", "TableName", []statistic{ // for each operation, and counted by its durations
		{"SuccessfulRequestLatency", "SampleCount", counted}, {"ThrottledRequests", "Sum", failures}, {"SystemErrors", "Sum", failures},
		{"SuccessfulRequestLatency", "p50", p50}, {"SuccessfulRequestLatency", "p99", p99},
	}},
}

var queueMetrics = published{"AWS/SQS", "QueueName", []statistic{
	{"NumberOfMessagesSent", "Sum", counted}, {"ApproximateAgeOfOldestMessage", "Maximum", oldestMessage},
}}

// tableOperations are those that have metrics of their own.
var tableOperations = []string{
	"PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
}

// reading is a statistic that is read for a node.
type reading struct {
	node, key string // key identifies the metric and the statistic
	stat      types.MetricStat
	latency   bool
	apply     func(*Activity, measured)
}

// newReadings returns those of all nodes.
func newReadings(g *graph) (all []reading) {
	add := func(node, namespace string, s statistic, dimensions ...string) {
		m := &types.Metric{Namespace: &namespace, MetricName: &s.metric}
		for d := range slices.Chunk(dimensions, 2) {
			m.Dimensions = append(m.Dimensions, types.Dimension{Name: &d[0], Value: &d[1]})
		}
		all = append(all, reading{
			node: node, key: strings.Join(append(dimensions, namespace, s.metric, s.name), " "), latency: s.name[0] == 'p',
			stat: types.MetricStat{Metric: m, Period: aws.Int32(60), Stat: &s.name}, apply: s.apply,
		})
	}
	for _, n := range g.nodes {
		m := metricsOf[n.Kind] // S3 publishes metrics of requests only on request
		for _, s := range m.statistics {
			if n.Kind != kindTable {
				add(n.ID, m.namespace, s, m.dimension, n.dimension())
				continue
			}
			for _, operation := range tableOperations {
				add(n.ID, m.namespace, s, m.dimension, n.dimension(), "Operation", operation)
			}
		}
		if n.Kind == kindStream {
			for _, e := range n.component.Edges {
				if e.From == n.ID {
					add(n.ID, "AWS/Lambda", statistic{"IteratorAge", "Maximum", oldestRecord}, "FunctionName", g.nodes[e.To].Resource)
				}
			}
		}
	}
	return all
}

// dimension is the value of the dimension by which metrics name the node.
func (n *Node) dimension() string {
	if n.Kind == kindMachine {
		return n.ID
	}
	return n.Resource
}

func higher(p *float64, v float64) *float64 {
	if p != nil && *p > v {
		return p
	}
	return &v
}

// maxQueries is the limit of one GetMetricData.
const maxQueries = 500

// metrics reads the metrics of this minute and the one before, and after a jump of the clock those since the last sample.
func (s *sampler) metrics(ctx context.Context, live *Live) error {
	end := live.Time.Truncate(time.Minute).Add(time.Minute)
	recent := end.Add(-2 * time.Minute)
	start := recent
	if s.samples > 0 && s.last.Time.Before(start) {
		start = s.last.Time.Truncate(time.Minute)
	}
	due := slices.DeleteFunc(slices.Clone(s.drawn.readings), func(r reading) bool { return r.latency && s.samples%latencyEvery != 0 })
	for chunk := range slices.Chunk(due, maxQueries) {
		in := &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, ScanBy: types.ScanByTimestampAscending}
		for i := range chunk {
			q := types.MetricDataQuery{Id: aws.String(fmt.Sprintf("m%d", i)), MetricStat: &chunk[i].stat}
			in.MetricDataQueries = append(in.MetricDataQueries, q)
		}
		out, err := s.cloudwatch.GetMetricData(ctx, in)
		if err != nil {
			return err
		}
		for i, result := range out.MetricDataResults { // in the order of the queries, as here there are no pages
			r, m, values := chunk[i], measured{}, map[time.Time]float64{}
			for j, v := range result.Values {
				at := result.Timestamps[j]
				m.fresh += max(0, v-s.seen[r.key][at])
				values[at] = v
				if m.last = v; !at.Before(recent) {
					m.sum += v
				}
			}
			if len(values) > 0 {
				s.seen[r.key] = values
				r.apply(live.Nodes[r.node], m)
			}
		}
	}
	return nil
}
