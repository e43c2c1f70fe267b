package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// chart is a chart of the dashboard. The charts appear in this order.
type chart int

const (
	orders chart = iota
	rejections
	secondsToDone
	requests
	latencies
	executions
	executionTimes
	messages
	waiting
	ages
	behind
	deadLetters
	invocations
	functionErrors
	durations
	concurrency
	capacity
	throttled
)

var chartTitles = map[chart]string{
	orders: "Orders per minute", rejections: "Rejected orders per minute", secondsToDone: "Seconds until orders are done",
	requests: "API: requests per minute", latencies: "API: milliseconds",
	executions: "Executions per minute", executionTimes: "Executions: milliseconds",
	messages: "Messages and records per minute", waiting: "Messages that wait", ages: "Seconds that the oldest message waits",
	behind: "Milliseconds that readers are behind", deadLetters: "Dead letters",
	invocations: "Functions: invocations per minute", functionErrors: "Functions: errors and throttles per minute",
	durations: "Functions: milliseconds of the slowest", concurrency: "Functions: concurrent executions",
	capacity: "Tables: units per minute", throttled: "Tables and streams: throttles and errors per minute",
}

// plot adds metrics to a chart.
func (w *watched) plot(c chart, metrics ...metric) {
	if w.charts == nil {
		w.charts = map[chart][]metric{}
	}
	w.charts[c] = append(w.charts[c], metrics...)
}

// The size of widgets, in units of CloudWatch's grid. A row has 24.
const chartWidth, chartHeight, rowWidth = 8, 6, 24

// dashboard creates a dashboard with the state of all alarms, by their ARNs, and all charts. CloudWatch places widgets in the order of the
// list: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func (b *builder) dashboard(alarms pulumi.StringArray) (pulumi.StringOutput, error) {
	widgets := pulumi.Array{}
	for group := range slices.Chunk(alarms, maxAlarms) {
		widgets = append(widgets, widget("alarm", rowWidth, 2+len(group)/6, pulumi.Map{"title": pulumi.String("Alarms"), "alarms": group}))
	}
	for _, c := range slices.Sorted(maps.Keys(b.charts)) {
		series := pulumi.Array{}
		for _, m := range b.charts[c] {
			series = append(series, m.series())
		}
		widgets = append(widgets, widget("metric", chartWidth, chartHeight, pulumi.Map{
			"title": pulumi.String(chartTitles[c]), "region": b.identity().region, "view": pulumi.String("timeSeries"), "period": pulumi.Int(minute),
			"metrics": series, "yAxis": pulumi.Any(map[string]any{"left": map[string]any{"min": 0}}),
		}))
	}
	made, err := cloudwatch.NewDashboard(b.ctx, b.name, &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(b.unique()),
		DashboardBody: pulumi.JSONMarshal(pulumi.Map{"widgets": widgets}),
	}, b.opts()...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	return made.DashboardName, nil
}

func widget(kind string, width, height int, properties pulumi.Map) pulumi.Map {
	return pulumi.Map{"type": pulumi.String(kind), "width": pulumi.Int(width), "height": pulumi.Int(height), "properties": properties}
}

// series returns a metric in the form of a chart: namespace, name, dimensions, options.
func (m metric) series() pulumi.Array {
	s := pulumi.Array{pulumi.String(m.namespace), pulumi.String(m.name)}
	for _, name := range slices.Sorted(maps.Keys(m.dimensions)) {
		s = append(s, pulumi.String(name), m.dimensions[name])
	}
	label := m.name
	if m.label != "" {
		label = m.label + " " + m.name
	}
	if m.statistic != sum && m.statistic != maximum {
		label += " " + m.statistic
	}
	return append(s, pulumi.Map{"stat": pulumi.String(m.statistic), "label": pulumi.String(label)})
}
