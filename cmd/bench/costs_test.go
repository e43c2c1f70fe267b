package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
)

const (
	costOrders = 1000
	// costDelay is how long the outbox of the checker delays an order's id, and a little more.
	costDelay  = 75 * time.Second
	costRegion = "us-east-1"
)

// costRows are the rows of the table in docs/comparison.md, with the lines of the bill that each sums.
var costRows = []struct {
	title    string
	standing bool
	of       func(meter.Line) bool
}{
	{"API Gateway, one request (3.50)", false, price("apigateway.")},
	{"Lambda requests (0.20)", false, price("lambda.request")},
	{"Lambda compute, arm64", false, price("lambda.gb-second")},
	{"SNS (0.50)", false, price("sns.")},
	{"SQS requests (0.40)", false, price("sqs.request")},
	{"Step Functions", false, price("states.")},
	{"Kinesis, on-demand, by the GB", false, price("kinesis.")},
	{"DynamoDB, on-demand", false, price("dynamodb.")},
	{"S3 PUT (5.00)", false, price("s3.")},
	{"**sum**", false, func(l meter.Line) bool { return !price("logs.")(l) && !price("xray.")(l) }},
	{"CloudWatch Logs of the functions (0.50 a GB)", false, func(l meter.Line) bool { return price("logs.")(l) && !access(l) }},
	{"CloudWatch Logs of the API", false, func(l meter.Line) bool { return price("logs.")(l) && access(l) }},
	{"X-Ray (5.00)", false, price("xray.")},
	{"each month, pollers of queues and the stream", true, func(l meter.Line) bool { return price("sqs.")(l) || price("kinesis.")(l) }},
	{"each month, alarms", true, func(l meter.Line) bool { return price("cloudwatch.alarm")(l) || price("cloudwatch.composite")(l) }},
	{"each month, the dashboard", true, price("cloudwatch.dashboard")},
	{"each month, metrics of these orders", true, func(l meter.Line) bool { return price("cloudwatch.metric")(l) && l.Resource == "OrderPatterns" }},
	{"each month, with `apiDetailedMetrics`", true, func(l meter.Line) bool { return price("cloudwatch.metric")(l) && l.Resource != "OrderPatterns" }},
}

func price(prefix string) func(meter.Line) bool {
	return func(l meter.Line) bool { return strings.HasPrefix(l.Price, prefix) }
}

func access(l meter.Line) bool { return strings.Contains(l.Resource, "access-log") }

// BenchmarkCosts measures what AWS charges for a million orders of each pattern, and for a month, for docs/comparison.md.
func BenchmarkCosts(b *testing.B) {
	d := newDeployment(b)
	d.up(b, "all")
	fanOut, standard := d.costs(b, "fanout"), d.costs(b, "orchestrator")
	eventStream, checker := d.costs(b, "eventstream"), d.costs(b, "checker")
	d.up(b, "all", "express=true")
	bills := []meter.Bill{fanOut, standard, d.costs(b, "orchestrator"), eventStream, checker}
	section("Costs", fmt.Sprintf("US dollars for a million orders in %s, from %d orders of each pattern.", costRegion, costOrders),
		"", "FanOut", "Orchestrator, Standard", "Orchestrator, Express", "EventStream", "CheckerPipeline")
	for _, r := range costRows {
		cells := []any{r.title}
		for _, bill := range bills {
			var some meter.Bill
			for _, l := range bill {
				if l.Standing == r.standing && r.of(l) {
					some = append(some, l)
				}
			}
			text := ""
			if len(some) > 0 {
				text = fmt.Sprintf("%.2f", some.Total()+1e-9) // half a cent is rounded up
			}
			cells = append(cells, text)
		}
		row(cells...)
	}
	b.ReportMetric(0, "ns/op")
}

// costs returns the bill of a million orders of a pattern, and of a month.
func (d *deployment) costs(b *testing.B, pattern string) meter.Bill {
	b.Helper()
	p := d.pattern(b, pattern, nil)
	state, err := d.stack.State()
	require.NoError(b, err)
	resources, err := meter.ReadState(state)
	require.NoError(b, err)
	resources = meter.OfComponent(resources, pattern)
	m := meter.New(d.cloud.Config(costRegion), resources)
	m.Architecture = "arm64"
	start := time.Now()
	before, err := m.Used(ctx, start, start)
	require.NoError(b, err)
	round(b, p, costOrders)
	time.Sleep(2 * time.Second)
	if pattern == "checker" {
		time.Sleep(costDelay)
	}
	after, err := m.Used(ctx, start, time.Now())
	require.NoError(b, err)

	prices, err := meter.PricesOf(costRegion)
	require.NoError(b, err)
	bill, err := prices.Bill(meter.Minus(after, before))
	require.NoError(b, err)
	bill = bill.Orders().PerMillion(costOrders)
	m.Namespace, m.Dimensions = "OrderPatterns", map[string]string{"Pattern": pattern}
	custom, err := m.Used(ctx, time.Now().Add(-time.Minute), time.Now())
	require.NoError(b, err)
	monthly := append(meter.Idle(resources, meter.Month), meter.MethodMetrics(resources, true)...)
	for _, q := range custom {
		if q.Resource == m.Namespace {
			q.Amount *= meter.Month.Hours() // a metric that has values in each hour
			monthly = append(monthly, q)
		}
	}
	idle, err := prices.Bill(monthly)
	require.NoError(b, err)
	return append(bill, idle...)
}
