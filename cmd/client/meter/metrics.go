package meter

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// series is a metric of a resource.
type series struct{ namespace, metric, dimension, value string }

// published lists the metrics of each type of resource, and the dimension with its name.
var published = []struct {
	kind, namespace, dimension string
	metrics                    []string
}{
	{"apigateway/restApi", "AWS/ApiGateway", "ApiName", []string{"Count"}},
	{"lambda/function", "AWS/Lambda", "FunctionName", []string{"Invocations", "Duration"}},
	{"sns/topic", "AWS/SNS", "TopicName", []string{"NumberOfMessagesPublished", "NumberOfNotificationsDelivered"}},
	{"sqs/queue", "AWS/SQS", "QueueName", []string{"NumberOfMessagesSent", "NumberOfMessagesReceived", "NumberOfMessagesDeleted", "NumberOfEmptyReceives"}},
	{"kinesis/stream", "AWS/Kinesis", "StreamName", []string{"IncomingRecords", "IncomingBytes"}},
	{"dynamodb/table", "AWS/DynamoDB", "TableName", []string{"ConsumedWriteCapacityUnits", "ConsumedReadCapacityUnits"}},
	{"sfn/stateMachine", "AWS/States", "StateMachineArn", []string{"ExecutionsStarted", "ExecutionTime"}},
	{"cloudwatch/logGroup", "AWS/Logs", "LogGroupName", []string{"IncomingBytes"}},
}

// seriesOf returns a metric of a resource, whose type must publish it.
func seriesOf(r *Resource, metric string) series {
	for _, p := range published {
		if !r.is(p.kind) {
			continue
		}
		name := r.name()
		if p.kind == "sfn/stateMachine" {
			name = r.text("arn")
		}
		return series{p.namespace, metric, p.dimension, name}
	}
	return series{}
}

// value is the sum of a metric.
func (u *usage) value(r *Resource, metric string) float64 { return u.values[seriesOf(r, metric)] }

// maxQueries is how many metrics one request may name:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
const maxQueries = 500

// readMetrics reads the sums of all metrics.
func (u *usage) readMetrics() error {
	u.values = map[series]float64{}
	var all []series
	for i := range u.Resources {
		for _, p := range published {
			if r := &u.Resources[i]; r.is(p.kind) {
				for _, metric := range p.metrics {
					all = append(all, seriesOf(r, metric))
				}
			}
		}
	}
	for len(all) > 0 {
		n := min(len(all), maxQueries)
		if err := u.readSums(all[:n]); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

func (u *usage) readSums(some []series) error {
	in := &cloudwatch.GetMetricDataInput{StartTime: &u.start, EndTime: &u.end}
	for i, s := range some {
		in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
			Id: aws.String(fmt.Sprintf("m%d", i)), MetricStat: &types.MetricStat{Stat: aws.String("Sum"), Period: u.period(),
				Metric: &types.Metric{Namespace: &s.namespace, MetricName: &s.metric, Dimensions: []types.Dimension{{Name: &s.dimension, Value: &s.value}}}},
		})
	}
	pages := cloudwatch.NewGetMetricDataPaginator(u.Metrics, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(u.ctx)
		if err != nil {
			return fmt.Errorf("reading metrics: %w", err)
		}
		for _, result := range page.MetricDataResults {
			var i int
			if _, err := fmt.Sscanf(aws.ToString(result.Id), "m%d", &i); err != nil || i >= len(some) {
				return fmt.Errorf("reading metrics: no metric was asked for as %q", aws.ToString(result.Id))
			}
			for _, v := range result.Values {
				u.values[some[i]] += v
			}
		}
	}
	return nil
}

// period is a minute, or an hour for more than a day: CloudWatch keeps values of minutes for 15 days.
func (u *usage) period() *int32 {
	if u.end.Sub(u.start) > 24*time.Hour {
		return aws.Int32(3600)
	}
	return aws.Int32(60)
}

// countCustomMetrics adds the hours in which each custom metric has values.
func (u *usage) countCustomMetrics() error {
	if u.Namespace == "" {
		return nil
	}
	pages := cloudwatch.NewListMetricsPaginator(u.Metrics, &cloudwatch.ListMetricsInput{Namespace: &u.Namespace})
	in := &cloudwatch.GetMetricDataInput{StartTime: aws.Time(u.start.Truncate(time.Hour)), EndTime: &u.end}
	for pages.HasMorePages() {
		page, err := pages.NextPage(u.ctx)
		if err != nil {
			return fmt.Errorf("listing custom metrics: %w", err)
		}
		for _, m := range page.Metrics {
			if u.wants(m) && len(in.MetricDataQueries) < maxQueries {
				in.MetricDataQueries = append(in.MetricDataQueries, types.MetricDataQuery{
					Id:         aws.String(fmt.Sprintf("m%d", len(in.MetricDataQueries))),
					MetricStat: &types.MetricStat{Stat: aws.String("SampleCount"), Period: aws.Int32(3600), Metric: &m},
				})
			}
		}
	}
	if len(in.MetricDataQueries) == 0 {
		return nil
	}
	data := cloudwatch.NewGetMetricDataPaginator(u.Metrics, in)
	hours := 0
	for data.HasMorePages() {
		page, err := data.NextPage(u.ctx)
		if err != nil {
			return fmt.Errorf("reading custom metrics: %w", err)
		}
		for _, result := range page.MetricDataResults {
			hours += len(result.Values)
		}
	}
	if hours > 0 {
		u.used = append(u.used, Quantity{"cloudwatch.metric-month", u.Namespace, float64(hours) / month.Hours(), true})
	}
	return nil
}

func (u *usage) wants(m types.Metric) bool {
	found := 0
	for _, d := range m.Dimensions {
		if v, ok := u.Dimensions[aws.ToString(d.Name)]; ok && v == aws.ToString(d.Value) {
			found++
		}
	}
	return found == len(u.Dimensions)
}
