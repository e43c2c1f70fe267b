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
	count                string
	errors               []string
	duration             string // in milliseconds
	age                  string // of the oldest message or record
	ageUnit              time.Duration
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
		age:    "GetRecords.IteratorAgeMilliseconds", ageUnit: time.Millisecond,
	},
	kindTable: { // for each operation, and counted by its durations
		namespace: "AWS/DynamoDB", dimension: "TableName", errors: []string{"ThrottledRequests", "SystemErrors"}, duration: "SuccessfulRequestLatency",
	},
}

var queueMetrics = published{
	namespace: "AWS/SQS", dimension: "QueueName", count: "NumberOfMessagesSent", age: "ApproximateAgeOfOldestMessage", ageUnit: time.Second,
}

// tableOperations are those that a policy with a wildcard may allow.
var tableOperations = []string{
	"PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems",
}

// reading is a statistic of a metric, and what it says of a node.
type reading struct {
	node, key string // key identifies the metric and the statistic
	stat      types.MetricStat
	apply     func(*tally, float64) // of a statistic of the last minute with values
	count     func(*tally, float64) // of values since the last read
	latency   bool
}

// readings are those of all nodes.
func (g *graph) readings() (all []reading) {
	add := func(node, namespace, metric, statistic string, r reading, dimensions ...string) {
		m := &types.Metric{Namespace: &namespace, MetricName: &metric}
		for d := range slices.Chunk(dimensions, 2) {
			m.Dimensions = append(m.Dimensions, types.Dimension{Name: &d[0], Value: &d[1]})
		}
		r.node, r.key = node, strings.Join(append(dimensions, namespace, metric, statistic), " ")
		r.stat = types.MetricStat{Metric: m, Period: aws.Int32(60), Stat: &statistic}
		all = append(all, r)
	}
	oldest := func(unit time.Duration) reading {
		return reading{apply: func(t *tally, v float64) { t.now.OldestMs = max(t.now.OldestMs, v*float64(unit/time.Millisecond)) }}
	}
	counted := reading{count: func(t *tally, v float64) { t.count += v }}
	failed := reading{count: func(t *tally, v float64) { t.fail(v) }}
	p50 := reading{latency: true, apply: func(t *tally, v float64) { t.now.P50Ms = higher(t.now.P50Ms, v) }}
	p99 := reading{latency: true, apply: func(t *tally, v float64) { t.now.P99Ms = higher(t.now.P99Ms, v) }}
	for _, n := range g.nodes {
		m, ok := metricsOf[n.Kind]
		if !ok {
			continue // S3 publishes metrics of requests only on request
		}
		sets := [][]string{{m.dimension, n.dimension()}}
		if n.Kind == kindTable { // has a set of metrics for each operation
			sets = nil
			for _, operation := range g.operationsOn(n.ID) {
				sets = append(sets, []string{m.dimension, n.dimension(), "Operation", operation})
			}
		}
		for _, set := range sets {
			if m.count != "" {
				add(n.ID, m.namespace, m.count, "Sum", counted, set...)
			} else {
				add(n.ID, m.namespace, m.duration, "SampleCount", counted, set...)
			}
			for _, metric := range m.errors {
				add(n.ID, m.namespace, metric, "Sum", failed, set...)
			}
			if m.duration != "" {
				add(n.ID, m.namespace, m.duration, "p50", p50, set...)
				add(n.ID, m.namespace, m.duration, "p99", p99, set...)
			}
			if m.age != "" {
				add(n.ID, m.namespace, m.age, "Maximum", oldest(m.ageUnit), set...)
			}
		}
		if n.Kind == kindStream {
			for _, e := range g.owner[n.ID].Edges {
				if e.From == n.ID {
					add(n.ID, "AWS/Lambda", "IteratorAge", "Maximum", oldest(time.Millisecond), "FunctionName", g.nodes[e.To].Resource)
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

// operationsOn are the operations that functions may call on a table.
func (g *graph) operationsOn(table string) (all []string) {
	for _, e := range g.owner[table].Edges {
		if e.To == table {
			all = append(all, strings.Split(e.Label, ", ")...)
		}
	}
	if strings.Contains(strings.Join(all, ""), "*") {
		return tableOperations
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func higher(p *float64, v float64) *float64 {
	if p != nil && *p > v {
		return p
	}
	return &v
}

// maxQueries is the limit of one GetMetricData.
const maxQueries = 500

// statistics calls f with the values of readings in the minutes from start to before end, in the order of time.
func (s *sampler) statistics(ctx context.Context, start, end time.Time, f func(r *reading, at time.Time, v float64)) error {
	due := slices.DeleteFunc(slices.Clone(s.readings), func(r reading) bool {
		return r.latency && (!s.latencies() || s.tallies[r.node].minute.Before(start) && s.samples > 0)
	})
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
			for j, at := range result.Timestamps {
				f(&chunk[i], at, result.Values[j])
			}
		}
	}
	return nil
}
