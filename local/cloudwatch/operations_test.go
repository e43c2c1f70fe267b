package cloudwatch_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

// emf returns a log event in the embedded metric format with the metrics of one order.
func emf(at time.Time) string {
	return `{"_aws":{"Timestamp":` + strconv.FormatInt(at.UnixMilli(), 10) + `,"CloudWatchMetrics":[{"Namespace":"OrderPatterns",
		"Dimensions":[["Pattern"],["Absent"]],"Metrics":[{"Name":"Accepted","Unit":"Count"},{"Name":"SecondsToDone","Unit":"Seconds"},{"Name":"None"}]}]},
		"Pattern":"fanout","Accepted":1,"SecondsToDone":[0.5,1.5],"orderId":"o1"}`
}

func query(stat, name string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: aws.String("q"), MetricStat: &types.MetricStat{Period: aws.Int32(60), Stat: &stat, Metric: &types.Metric{
		Namespace: aws.String("OrderPatterns"), MetricName: &name,
		Dimensions: []types.Dimension{{Name: aws.String("Pattern"), Value: aws.String("fanout")}},
	}}}
}

func TestMetricsOfLogEventsThroughTheSDK(t *testing.T) {
	c := newCloud(t)
	start := c.Clock.Now()
	c.service.Extract(start, emf(start))
	c.service.Extract(start, emf(start))
	c.service.Extract(start.Add(-time.Minute), emf(start))
	c.service.Extract(start, `{"level":"INFO"}`)
	c.service.Extract(start, `{"CloudWatchMetrics" is broken`)

	list, err := c.client.ListMetrics(t.Context(), &sdk.ListMetricsInput{Namespace: aws.String("OrderPatterns")})
	require.NoError(t, err)
	require.Len(t, list.Metrics, 2)
	require.Equal(t, "Accepted", *list.Metrics[0].MetricName)
	require.Equal(t, "fanout", *list.Metrics[0].Dimensions[0].Value)
	for value, n := range map[string]int{"fanout": 1, "checker": 0} {
		list, err := c.client.ListMetrics(t.Context(), &sdk.ListMetricsInput{MetricName: aws.String("Accepted"),
			Dimensions: []types.DimensionFilter{{Name: aws.String("Pattern"), Value: &value}}})
		require.NoError(t, err)
		require.Len(t, list.Metrics, n, value)
	}

	for stat, want := range map[string][]float64{"Sum": {4, 2}, "SampleCount": {4, 2}, "Minimum": {0.5, 0.5}, "Maximum": {1.5, 1.5}, "Average": {1, 1}} {
		out, err := c.client.GetMetricData(t.Context(), &sdk.GetMetricDataInput{StartTime: aws.Time(start.Add(-time.Hour)),
			EndTime: aws.Time(start.Add(time.Minute)), MetricDataQueries: []types.MetricDataQuery{query(stat, "SecondsToDone")}})
		require.NoError(t, err)
		require.Len(t, out.MetricDataResults, 1)
		require.Equal(t, want, out.MetricDataResults[0].Values, stat)
		require.Equal(t, start.UTC(), out.MetricDataResults[0].Timestamps[0].UTC())
	}
}

func TestQueriesReturnOnlyValuesInTheirUnit(t *testing.T) {
	c := newCloud(t)
	start := c.Clock.Now()
	c.service.Extract(start, emf(start))
	values := func(unit types.StandardUnit) ([]float64, error) {
		q := query("Sum", "SecondsToDone")
		q.MetricStat.Unit = unit
		out, err := c.client.GetMetricData(t.Context(), &sdk.GetMetricDataInput{StartTime: aws.Time(start.Add(-time.Hour)),
			EndTime: aws.Time(start.Add(time.Minute)), MetricDataQueries: []types.MetricDataQuery{q}})
		if err != nil {
			return nil, err
		}
		return out.MetricDataResults[0].Values, nil
	}
	for unit, want := range map[types.StandardUnit][]float64{"": {2}, types.StandardUnitSeconds: {2}, types.StandardUnitMilliseconds: {}, types.StandardUnitNone: {}} {
		got, err := values(unit)
		require.NoError(t, err)
		require.Equal(t, want, got, unit)
	}
	_, err := values("Hours")
	require.ErrorContains(t, err, `"Hours" is no unit`)
}

func TestExpressionsThroughTheSDK(t *testing.T) {
	c := newCloud(t)
	now := c.Clock.Now()
	c.Account.Publish("OrderPatterns", map[string]string{"Pattern": "fanout"}, account.Count("Accepted", 2), account.Count("Accepted", 3))
	hidden := query("Sum", "Accepted")
	hidden.ReturnData = aws.Bool(false)
	out, err := c.client.GetMetricData(t.Context(), &sdk.GetMetricDataInput{StartTime: aws.Time(now.Add(-time.Minute)), EndTime: aws.Time(now.Add(time.Minute)),
		MetricDataQueries: []types.MetricDataQuery{hidden, {Id: aws.String("e"), Expression: aws.String("FILL(q, 1) * 2"), Label: aws.String("Twice")}}})
	require.NoError(t, err)
	require.Len(t, out.MetricDataResults, 1)
	require.Equal(t, "Twice", *out.MetricDataResults[0].Label)
	require.Equal(t, []float64{10, 2}, out.MetricDataResults[0].Values)
}

// The SDKs of the other tests speak CBOR, the AWS CLI JSON.
func TestJSONProtocol(t *testing.T) {
	c := newCloud(t)
	c.put(1)
	send := func(body string, headers map[string]string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Account.Endpoint(), strings.NewReader(body))
		require.NoError(t, err)
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		hash := sha256.Sum256([]byte(body))
		creds, err := c.Admin.Credentials.Retrieve(t.Context())
		require.NoError(t, err)
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), creds, r, hex.EncodeToString(hash[:]), "monitoring", "us-east-1", c.Clock.Now()))
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(text)
	}
	target := func(operation string) map[string]string {
		return map[string]string{"X-Amz-Target": "GraniteServiceVersion20100801." + operation, "Content-Type": "application/x-amz-json-1.0"}
	}
	require.JSONEq(t, `{"Metrics":[{"Namespace":"OrderPatterns","MetricName":"Rejected","Dimensions":[]}]}`, send(`{}`, target("ListMetrics")))
	now := strconv.FormatInt(c.Clock.Now().Unix(), 10)
	require.JSONEq(t, `{"MetricDataResults":[{"Id":"q","Label":"Rejected","StatusCode":"Complete","Timestamps":[`+now+`],"Values":[1]}]}`,
		send(`{"StartTime":`+now+`,"EndTime":`+now+`.5,"MetricDataQueries":[{"Id":"q","MetricStat":{"Period":60,"Stat":"Sum",
			"Metric":{"Namespace":"OrderPatterns","MetricName":"Rejected"}}}]}`, target("GetMetricData")))
	require.Contains(t, send(`{}`, target("DescribeAlarmHistory")), `does not implement the operation \"DescribeAlarmHistory\"`)
	require.Contains(t, send(`{"StartTime":2,"EndTime":1,"MetricDataQueries":[]}`, target("GetMetricData")), `"__type":"ValidationError"`)
}

func TestWhatIsNotImplementedIsRefusedByName(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.DescribeAlarmHistory(t.Context(), &sdk.DescribeAlarmHistoryInput{})
	require.ErrorContains(t, err, `does not implement the operation "DescribeAlarmHistory"`)
	_, err = c.client.GetMetricStatistics(t.Context(), &sdk.GetMetricStatisticsInput{Namespace: aws.String("N"), MetricName: aws.String("M"),
		StartTime: aws.Time(c.Clock.Now()), EndTime: aws.Time(c.Clock.Now()), Period: aws.Int32(60)})
	require.ErrorContains(t, err, `does not implement the operation "GetMetricStatistics"`)
	_, err = c.client.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{MaxRecords: aws.Int32(1)})
	require.ErrorContains(t, err, "MaxRecords")
	_, denied := c.Role(t, "reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cloudwatch:ListMetrics","Resource":"*"}]}`)
	reader := sdk.NewFromConfig(denied)
	_, err = reader.ListMetrics(t.Context(), &sdk.ListMetricsInput{})
	require.NoError(t, err)
	_, err = reader.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{})
	require.ErrorContains(t, err, "AccessDenied")
}
