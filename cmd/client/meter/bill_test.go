package meter

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnIdleMonthIsThatOfItsResources(t *testing.T) {
	query := func(metric any) any { return map[string]any{"id": "a", "metric": metric} }
	for name, c := range map[string]struct {
		resource Resource
		want     []Quantity
	}{
		"pollers of a queue":    {resource("lambda/eventSourceMapping", "r", "enabled", true), []Quantity{{"sqs.empty-receive", "r", 657_000, true}}},
		"a mapping that is off": {resource("lambda/eventSourceMapping", "r", "enabled", false), nil},
		"readers of a stream":   {resource("lambda/eventSourceMapping", "r", "startingPosition", "LATEST"), nil},
		"a stream on demand": {resource("kinesis/stream", "r", "streamModeDetails", map[string]any{"streamMode": "ON_DEMAND"}),
			[]Quantity{{"kinesis.stream-hour", "r", 730, true}}},
		"shards":                 {resource("kinesis/stream", "r", "shardCount", 2.0), []Quantity{{"kinesis.shard-hour", "r", 1460, true}}},
		"a table on demand":      {resource("dynamodb/table", "r", "billingMode", "PAY_PER_REQUEST"), nil},
		"a table with units":     {resource("dynamodb/table", "r", "writeCapacity", 5.0, "readCapacity", 2.0), []Quantity{{"dynamodb.write-hour", "r", 3650, true}, {"dynamodb.read-hour", "r", 1460, true}}},
		"an alarm":               {resource("cloudwatch/metricAlarm", "r", "metricName", "Errors"), []Quantity{{"cloudwatch.alarm-month", "r", 1, true}}},
		"an alarm of several":    {resource("cloudwatch/metricAlarm", "r", "metricQueries", []any{query(map[string]any{}), query(map[string]any{}), query(nil)}), []Quantity{{"cloudwatch.alarm-month", "r", 2, true}}},
		"the alarm of alarms":    {resource("cloudwatch/compositeAlarm", "r"), []Quantity{{"cloudwatch.composite-month", "r", 1, true}}},
		"a dashboard":            {resource("cloudwatch/dashboard", "r"), []Quantity{{"cloudwatch.dashboard-month", "r", 1, true}}},
		"a key":                  {resource("kms/key", "r"), []Quantity{{"kms.key-month", "r", 1, true}}},
		"what costs nothing":     {resource("iam/role", "r"), nil},
		"a function that sleeps": {resource("lambda/function", "r"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, Idle([]Resource{c.resource}, Month))
		})
	}
}

func TestDetailedMetricsAreFiveOfEachMethod(t *testing.T) {
	api := resource("apigateway/restApi", "a", "body", `{"paths":{"/order":{"get":{},"post":{},"options":{},"parameters":[]},"/invoice":{"get":{}}}}`)
	settings := resource("apigateway/methodSettings", "a", "settings", map[string]any{"metricsEnabled": false})
	require.Empty(t, MethodMetrics([]Resource{api, settings}, false))
	want := []Quantity{{"cloudwatch.metric-month", "a", 20, true}}
	require.Equal(t, want, MethodMetrics([]Resource{api, settings}, true))
	settings.Properties["settings"] = map[string]any{"metricsEnabled": true}
	require.Equal(t, want, MethodMetrics([]Resource{api, settings}, false))
	require.Empty(t, MethodMetrics([]Resource{{Type: api.Type, Name: "a"}, settings}, false), "the methods are unknown")
}

func TestBillsAreSummed(t *testing.T) {
	p, err := PricesOf("us-east-1")
	require.NoError(t, err)
	b, err := p.Bill([]Quantity{
		{"sqs.request", "a-queue", 1e6, false}, {"sqs.request", "b-queue", 2e6, false}, {"s3.put", "bucket", 1e6, false},
		{"sqs.empty-receive", "a-mapping", 1e6, true},
	})
	require.NoError(t, err)
	require.InDelta(t, 6.6, b.Total(), 1e-9)
	require.InDelta(t, 6.2, b.Orders().Total(), 1e-9)
	require.InDelta(t, 0.4, b.Standing().Total(), 1e-9)
	require.Equal(t, "S3 76 %, SQS 24 %", b.Most(5))
	require.Equal(t, "S3 76 %", b.Most(1))
	units := b.ByUnit()
	require.Len(t, units, 3)
	require.Equal(t, []string{"PUT requests", "requests", "empty receives"}, []string{units[0].Unit, units[1].Unit, units[2].Unit})
	require.InDelta(t, 3e6, units[1].Amount, 1e-9)
	services := b.ByService()
	require.Len(t, services, 2)
	require.InDelta(t, 1.6, services[1].USD, 1e-9)
	require.Zero(t, services[1].Amount, "requests and empty receives are different units")
	require.Len(t, b.ByResource(), 4)
	require.InDelta(t, 6200, b.Orders().PerMillion(1000).Total(), 1e-6)

	var text strings.Builder
	require.NoError(t, b.ByUnit().Print(&text, false))
	require.Equal(t, `   USD  quantity
  5.00   1000000  S3, PUT requests
  1.20   3000000  SQS, requests
  0.40   1000000  SQS, empty receives
  6.60            in all
`, text.String())
	_, err = p.Bill([]Quantity{{Price: "ec2.hour"}})
	require.EqualError(t, err, "the price list has no ec2.hour in us-east-1")
}

func TestMinusIsWhatWasUsedBetween(t *testing.T) {
	require.Equal(t, []Quantity{{"sqs.request", "a", 3, false}, {"s3.put", "a", 1, false}}, Minus(
		[]Quantity{{"sqs.request", "a", 5, false}, {"sqs.request", "b", 2, false}, {"s3.put", "a", 1, false}},
		[]Quantity{{"sqs.request", "a", 2, false}, {"sqs.request", "b", 2, false}}))
}

func TestAmountsHaveTheDigitsThatMatter(t *testing.T) {
	for usd, want := range map[float64]string{0: "0.00", 12.345: "12.35", 0.01: "0.01", 0.00456: "0.0046", 0.000032: "0.000032"} {
		require.Equal(t, want, Dollars(usd))
	}
	for n, want := range map[float64]string{0: "0", 1234.5: "1234", 62.184: "62.184", 3: "3", 0.25: "0.25"} {
		require.Equal(t, want, count(n))
	}
}

func TestEachPriceHasASourceAndSaysWhetherItIsConfirmed(t *testing.T) {
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		p, err := PricesOf(region)
		require.NoError(t, err)
		_, err = time.Parse(time.DateOnly, p.Date)
		require.NoError(t, err)
		for key, price := range p.prices {
			require.Regexp(t, `^https://aws\.amazon\.com/[a-z0-9/-]+/pricing/$`, price.Source, key)
			require.NotEmpty(t, price.Service, key)
			require.NotEmpty(t, price.Unit, key)
			require.Equal(t, price.Confirmed, price.Evidence != "", key)
			require.Equal(t, key == "sns.delivery", price.USD == 0, key)
		}
	}
	_, err := PricesOf("mars-1")
	require.EqualError(t, err, `the price list has no Region "mars-1", only eu-west-1, us-east-1`)
}

// docs/cost.md shows the list.
func TestThePageHasTheSamePrices(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "cost.md"))
	require.NoError(t, err)
	var regions []*Prices
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		p, err := PricesOf(region)
		require.NoError(t, err)
		regions = append(regions, p)
	}
	require.Contains(t, string(page), "US dollars, of "+regions[0].Date)
	for key := range regions[0].prices {
		price := regions[0].prices[key]
		row := fmt.Sprintf("| [%s](%s), %s |", price.Service, price.Source, price.Unit)
		for _, p := range regions {
			price := p.prices[key]
			text := strconv.FormatFloat(price.USD, 'f', -1, 64)
			if price.USD > 0 && price.USD < 1e-4 {
				text = strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.4f", price.USD*1e6), "0"), ".") + " a million"
			}
			if !price.Confirmed {
				text += " *"
			}
			row += " " + text + " |"
		}
		require.Contains(t, string(page), row+"\n", key)
	}
}

// A price that the meter uses and the list lacks would fail in use.
func TestTheListHasEachPriceInEachRegion(t *testing.T) {
	var list struct {
		Prices map[string]struct{ Regions map[string]any }
	}
	data, err := os.ReadFile("prices.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &list))
	for key, item := range list.Prices {
		require.Len(t, item.Regions, 2, key)
	}
}

func TestTheStateIsAnExportOrTheFileOfALocalBackend(t *testing.T) {
	const resources = `{"resources":[{"urn":"urn:pulumi:dev::p::C$aws:sqs/queue:Queue::fanout-queue","type":"aws:sqs/queue:Queue","id":"q","outputs":{"name":"n"}},
		{"urn":"urn:pulumi:dev::p::C$aws:sqs/queue:Queue::fanout-old","type":"aws:sqs/queue:Queue","delete":true},
		{"urn":"urn:pulumi:dev::p::C$aws:kms/key:Key::checker-key","type":"aws:kms/key:Key","inputs":{"description":"d"}},
		{"urn":"urn:pulumi:dev::p::C::fanout","type":"order-patterns:components:FanOut"}]}`
	for _, state := range []string{`{"version":3,"deployment":` + resources + `}`, `{"version":3,"checkpoint":{"latest":` + resources + `}}`} {
		all, err := ReadState([]byte(state))
		require.NoError(t, err)
		require.Equal(t, []Resource{
			{"aws:sqs/queue:Queue", "fanout-queue", "q", map[string]any{"name": "n"}},
			{"aws:kms/key:Key", "checker-key", "", map[string]any{"description": "d"}},
		}, all)
		require.Equal(t, all[:1], OfComponent(all, "fanout"))
		require.Empty(t, OfComponent(all, "fan"))
	}
	_, err := ReadState([]byte(`{}`))
	require.EqualError(t, err, "the state of the stack has no resources of AWS")
	_, err = ReadState([]byte(`no`))
	require.ErrorContains(t, err, "reading the state of the stack: ")
}
