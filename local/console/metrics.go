package console

import (
	"cmp"
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
	count                string
	statistic            string // of count; default Sum
	errors               []string
	duration             string // in milliseconds
	age                  string // of the oldest message, in seconds
}

var metricsOf = map[string]published{
	kindAPI:      {namespace: "AWS/ApiGateway", dimension: "ApiName", count: "Count", errors: []string{"5XXError"}, duration: "Latency"},
	kindFunction: {namespace: "AWS/Lambda", dimension: "FunctionName", count: "Invocations", errors: []string{"Errors", "Throttles"}, duration: "Duration"},
	kindMachine: {
		namespace: "AWS/States", dimension: "StateMachineArn", count: "ExecutionsStarted", errors: []string{"ExecutionsFailed", "ExecutionsTimedOut"},
		duration: "ExecutionTime",
	},
	kindTopic:       {namespace: "AWS/SNS", dimension: "TopicName", count: "NumberOfMessagesPublished", errors: []string{"NumberOfNotificationsFailed"}},
	kindQueue:       queueMetrics,
	kindDeadLetters: queueMetrics,
	kindStream: {
		namespace: "AWS/Kinesis", dimension: "StreamName", count: "IncomingRecords",
		errors: []string{"WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded"},
	},
	kindTable: { // for each operation, and counted by its durations
		namespace: "AWS/DynamoDB", dimension: "TableName", count: "SuccessfulRequestLatency", statistic: "SampleCount",
		errors: []string{"ThrottledRequests", "SystemErrors"}, duration: "SuccessfulRequestLatency",
	},
}

var queueMetrics = published{
	namespace: "AWS/SQS", dimension: "QueueName", count: "NumberOfMessagesSent", age: "ApproximateAgeOfOldestMessage",
}

// tableOperations are those that have metrics of their own.
var tableOperations = []string{
	"PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
}

// reading is a statistic of a metric, and what it says of a node.
type reading struct {
	node, key string // key identifies the metric and the statistic
	stat      types.MetricStat
	latency   bool
	apply     func(*Activity, measured)
}

// measured are values of a statistic.
type measured struct {
	fresh float64 // what was added since the last sample
	sum   float64 // of this minute and the one before
	last  float64
}

// readings are those of all nodes.
func (g *graph) readings() (all []reading) {
	add := func(node, namespace, metric, statistic string, apply func(*Activity, measured), dimensions ...string) {
		r := reading{node: node, key: strings.Join(append(dimensions, namespace, metric, statistic), " "), latency: statistic[0] == 'p', apply: apply}
		m := &types.Metric{Namespace: &namespace, MetricName: &metric}
		for d := range slices.Chunk(dimensions, 2) {
			m.Dimensions = append(m.Dimensions, types.Dimension{Name: &d[0], Value: &d[1]})
		}
		r.stat = types.MetricStat{Metric: m, Period: aws.Int32(60), Stat: &statistic}
		all = append(all, r)
	}
	counted := func(a *Activity, m measured) { a.Total += m.fresh }
	failed := func(a *Activity, m measured) { a.Errors += m.sum }
	p50 := func(a *Activity, m measured) { a.P50Ms = higher(a.P50Ms, m.last) }
	p99 := func(a *Activity, m measured) { a.P99Ms = higher(a.P99Ms, m.last) }
	oldestMessage := func(a *Activity, m measured) { a.OldestMs = m.last * 1000 }
	oldestRecord := func(a *Activity, m measured) { a.OldestMs = max(a.OldestMs, m.last) }
	for _, n := range g.nodes {
		m, ok := metricsOf[n.Kind]
		if !ok {
			continue // S3 publishes metrics of requests only on request
		}
		sets := [][]string{{m.dimension, n.dimension()}}
		if n.Kind == kindTable { // has a set of metrics for each operation
			sets = nil
			for _, operation := range tableOperations {
				sets = append(sets, []string{m.dimension, n.dimension(), "Operation", operation})
			}
		}
		for _, set := range sets {
			add(n.ID, m.namespace, m.count, cmp.Or(m.statistic, "Sum"), counted, set...)
			for _, metric := range m.errors {
				add(n.ID, m.namespace, metric, "Sum", failed, set...)
			}
			if m.duration != "" {
				add(n.ID, m.namespace, m.duration, "p50", p50, set...)
				add(n.ID, m.namespace, m.duration, "p99", p99, set...)
			}
			if m.age != "" {
				add(n.ID, m.namespace, m.age, "Maximum", oldestMessage, set...)
			}
		}
		if n.Kind == kindStream {
			for _, e := range g.owner[n.ID].Edges {
				if e.From == n.ID {
					add(n.ID, "AWS/Lambda", "IteratorAge", "Maximum", oldestRecord, "FunctionName", g.nodes[e.To].Resource)
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
	due := slices.DeleteFunc(slices.Clone(s.readings), func(r reading) bool { return r.latency && s.samples%latencyEvery != 0 })
	for chunk := range slices.Chunk(due, maxQueries) {
		in := &cloudwatch.GetMetricDataInput{StartTime: &start, EndTime: &end, ScanBy: types.ScanByTimestampAscending}
		for i := range chunk {
			q := types.MetricDataQuery{Id: aws.String(fmt.Sprintf("m%d", i)), MetricStat: &chunk[i].stat}
			in.MetricDataQueries = append(in.MetricDataQueries, q)
		}
		out, err := cloudwatch.NewFromConfig(s.config).GetMetricData(ctx, in)
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
