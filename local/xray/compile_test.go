package xray_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	orderTrace = "1-5759e988-000000000000000000000001"
	batchTrace = "1-5759e988-000000000000000000000002"
)

// order records an API's request whose function stores an item, fails to send to a queue and publishes to a topic that traces.
// Another function received the message, in a trace of its own.
func (c *cloud) order(t *testing.T) {
	at := c.Clock.Now()
	span := func(from, to int) (string, float64, float64) {
		return orderTrace, float64(at.UnixMilli()+int64(from)) / 1e3, float64(at.UnixMilli()+int64(to)) / 1e3
	}
	call := func(id, parent, rest string, from, to int) string {
		trace, start, end := span(from, to)
		return fmt.Sprintf(`{"type":"subsegment","id":"%s","parent_id":"%s","trace_id":"%s","start_time":%f,"end_time":%f,%s}`, id, parent, trace, start, end, rest)
	}
	require.NoError(t, c.service.Put(t.Context(), gateway,
		xray.Segment{TraceID: orderTrace, ID: "00000000000000a1", Name: "api/prod", Origin: "AWS::ApiGateway::Stage", Start: at, End: at.Add(9 * time.Millisecond)},
		xray.Segment{TraceID: orderTrace, ID: "00000000000000a2", ParentID: "00000000000000a1", Name: "publish", Origin: "AWS::Lambda::Function", Start: at, End: at.Add(8 * time.Millisecond)},
		xray.Segment{TraceID: orderTrace, ID: "00000000000000a3", ParentID: "00000000000000c4", Name: "orders", Origin: "AWS::SNS::Topic", Start: at.Add(time.Millisecond), End: at.Add(2 * time.Millisecond)},
		xray.Segment{TraceID: batchTrace, ID: "00000000000000b1", Name: "store", Origin: "AWS::Lambda::Function", Start: at.Add(time.Millisecond), End: at.Add(2 * time.Millisecond), Fault: true,
			Links: []xray.Link{{TraceID: orderTrace, ID: "00000000000000c3"}}},
	))
	for _, document := range []string{
		call("00000000000000c2", "00000000000000c1", `"name":"DynamoDB","namespace":"aws","aws":{"table_name":"items"},"http":{"response":{"status":200}}`, 1, 3),
		call("00000000000000c1", "00000000000000a2", `"name":"order","annotations":{"orderId":"o-1","new":true,"cups":2,"odd":[1]}`, 0, 8),
		call("00000000000000c3", "00000000000000c1", `"name":"SQS","namespace":"aws","error":true,"throttle":true,"aws":{"queue_url":"http://x/1/dead"},"cause":{"id":"00000000000000c9"}`, 3, 4),
		call("00000000000000c4", "00000000000000c1", `"name":"SNS","namespace":"aws"`, 4, 5),
		call("00000000000000c5", "00000000000000ff", `"name":"lost"`, 4, 5),
	} {
		require.NoError(t, c.service.PutDocument(t.Context(), gateway, document))
	}
}

func TestSubsegmentsAreInTheirSegmentsAndCalledServicesAreInferred(t *testing.T) {
	c := newCloud(t)
	c.order(t)
	out, err := c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{orderTrace}})
	require.NoError(t, err)
	type segment struct {
		Name, Origin, Type, ID string
		TraceID                string `json:"trace_id"`
		ParentID               string `json:"parent_id"`
		Inferred               bool
		Cause                  any
		Subsegments            []segment
	}
	found := map[string]segment{}
	for _, s := range out.Traces[0].Segments {
		var d segment
		require.NoError(t, json.Unmarshal([]byte(*s.Document), &d))
		require.Equal(t, *s.Id, d.ID)
		require.Equal(t, orderTrace, d.TraceID)
		found[d.Name+" "+d.Origin] = d
	}
	require.Len(t, found, 6)
	publish := found["publish AWS::Lambda::Function"]
	require.Len(t, publish.Subsegments, 1)
	order := publish.Subsegments[0]
	require.Equal(t, []string{"order", "", "", ""}, []string{order.Name, order.Type, order.TraceID, order.ParentID})
	require.Len(t, order.Subsegments, 3)
	table, queue := found["DynamoDB AWS::DynamoDB::Table"], found["SQS AWS::SQS::Queue"]
	require.True(t, table.Inferred && queue.Inferred)
	require.Equal(t, []string{"00000000000000c2", "00000000000000c3"}, []string{table.ParentID, queue.ParentID})
	require.Nil(t, queue.Cause)
	require.Contains(t, found, "orders AWS::SNS::Topic", "the topic sent a segment, so that none is inferred")
	require.Equal(t, "subsegment", found["lost "].Type, "the segment of this one is missing")
}

func TestFiltersOfSummaries(t *testing.T) {
	c := newCloud(t)
	c.order(t)
	require.Len(t, c.summaries(t, `annotation.orderId = "o-1"`), 1)
	c.request(t, "publish", 404)
	c.request(t, "publish", 429)
	for filter, n := range map[string]int{
		"": 4, `error`: 2, ` throttle `: 2, `fault`: 1, `service("publish") AND error`: 2, `error and throttle`: 1, `error AND fault`: 0,
		`annotation.cups = 2 AND annotation[new] = true AND service("orders")`: 1, `annotation.new = false`: 0, `annotation.orderId = "a AND b"`: 0,
		`service("order")`: 0,
	} {
		require.Len(t, c.summaries(t, filter), n, filter)
	}
	for _, filter := range []string{`error AND`, `AND error`, `error fault`, `!fault`, `error OR fault`, `annotation.a > 1`, `service(id(name: "a"))`, `http.status = 404`} {
		_, err := c.client.GetTraceSummaries(t.Context(), &sdk.GetTraceSummariesInput{StartTime: aws.Time(c.Clock.Now()), EndTime: aws.Time(c.Clock.Now()), FilterExpression: &filter})
		require.Contains(t, cloudtest.Refused(t, err, "InvalidRequestException"), fmt.Sprintf("%q", filter))
	}
}
