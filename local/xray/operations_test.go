package xray_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestSummaries(t *testing.T) {
	c := newCloud(t)
	c.request(t, "store", 200)
	id := c.request(t, "publish", 502)
	list := c.summaries(t, `service("publish")`)
	require.Len(t, list, 1)
	got := list[0]
	require.Equal(t, id, *got.Id)
	require.True(t, *got.HasFault)
	require.False(t, *got.HasError || *got.HasThrottle)
	require.InDelta(t, 0.008, *got.Duration, 1e-9)
	require.Len(t, c.summaries(t, ""), 2)
	require.Empty(t, c.summaries(t, `service("other")`))

	in := &sdk.GetTraceSummariesInput{StartTime: aws.Time(c.Clock.Now().Add(time.Minute)), EndTime: aws.Time(c.Clock.Now().Add(time.Hour))}
	out, err := c.client.GetTraceSummaries(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, out.TraceSummaries)
	in.FilterExpression = aws.String(`fault = true`)
	_, err = c.client.GetTraceSummaries(t.Context(), in)
	cloudtest.Refused(t, err, "InvalidRequestException")
	_, err = c.client.GetTraceSummaries(t.Context(), &sdk.GetTraceSummariesInput{StartTime: in.StartTime, EndTime: in.EndTime, TimeRangeType: types.TimeRangeTypeService})
	require.ErrorContains(t, err, "TimeRangeType")
	_, err = c.client.GetTraceSummaries(t.Context(), &sdk.GetTraceSummariesInput{StartTime: in.EndTime, EndTime: in.StartTime})
	cloudtest.Refused(t, err, "InvalidRequestException")
}

func TestTracesAreReturnedAsDocuments(t *testing.T) {
	c := newCloud(t)
	id := c.request(t, "store", 429)
	out, err := c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{id, "1-00000000-000000000000000000000000"}})
	require.NoError(t, err)
	require.Len(t, out.Traces, 1)
	require.Len(t, out.Traces[0].Segments, 2)
	var api, function map[string]any
	require.NoError(t, json.Unmarshal([]byte(*out.Traces[0].Segments[0].Document), &api))
	require.NoError(t, json.Unmarshal([]byte(*out.Traces[0].Segments[1].Document), &function))
	require.Equal(t, "AWS::ApiGateway::Stage", api["origin"])
	require.Equal(t, api["id"], function["parent_id"])
	require.Equal(t, id, function["trace_id"])
	require.Equal(t, true, api["throttle"])
	require.InDelta(t, float64(c.Clock.Now().UnixMicro())/1e6, api["start_time"], 1e-6)
	require.Equal(t, map[string]any{"status": 429.0}, api["http"].(map[string]any)["response"])
	require.NotContains(t, function, "http")
	_, err = c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: make([]string, 6)})
	cloudtest.Refused(t, err, "InvalidRequestException")
}

func TestDocuments(t *testing.T) {
	c := newCloud(t)
	const trace = "1-5759e988-bd862e3fe1be46a994272793"
	document := func(change map[string]any) string {
		d := map[string]any{"name": "store", "id": "53995c3f42cd8ad8", "trace_id": trace, "start_time": 1465510280.5, "end_time": 1465510281.0, "annotations": map[string]any{"a": 1}}
		for k, v := range change {
			if d[k] = v; v == nil {
				delete(d, k)
			}
		}
		text, err := json.Marshal(d)
		require.NoError(t, err)
		return string(text)
	}
	put := func(document string) error { return c.service.PutDocument(t.Context(), gateway, document) }
	stored := func() []types.Segment {
		out, err := c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{trace}})
		require.NoError(t, err)
		return out.Traces[0].Segments
	}
	require.NoError(t, put(document(map[string]any{"end_time": nil, "in_progress": true})))
	require.NoError(t, put(document(nil)))
	require.NoError(t, put(document(map[string]any{"id": "0000000000000001", "type": "subsegment", "parent_id": "53995c3f42cd8ad8"})))
	require.Len(t, stored(), 1, "the complete document replaced the one in progress, and has the subsegment")
	for filter, n := range map[string]int{`annotation.a = 1`: 1, `annotation[a]=1`: 1, `annotation.a = 2`: 0, `annotation.b = "x"`: 0, `annotation.a = "1"`: 0, `annotation.a = 1.0 AND service("store")`: 1} {
		out, err := c.client.GetTraceSummaries(t.Context(), &sdk.GetTraceSummariesInput{
			StartTime: aws.Time(time.Unix(1465510280, 0)), EndTime: aws.Time(time.Unix(1465510282, 0)), FilterExpression: &filter,
		})
		require.NoError(t, err)
		require.Len(t, out.TraceSummaries, n, filter)
	}
	require.JSONEq(t, document(map[string]any{"subsegments": []any{map[string]any{
		"name": "store", "id": "0000000000000001", "start_time": 1465510280.5, "end_time": 1465510281.0, "annotations": map[string]any{"a": 1},
	}}}), *stored()[0].Document)

	long := make([]byte, 201)
	for name, d := range map[string]string{
		"not JSON": "{", "id": document(map[string]any{"id": "1"}), "trace": document(map[string]any{"trace_id": "1"}),
		"name": document(map[string]any{"name": string(long)}), "start": document(map[string]any{"start_time": 0}),
		"neither end": document(map[string]any{"end_time": nil}), "both ends": document(map[string]any{"in_progress": true}),
		"orphan": document(map[string]any{"type": "subsegment"}),
		"large":  document(map[string]any{"metadata": string(make([]byte, 64<<10))}),
	} {
		require.Error(t, put(d), name)
	}
	require.Len(t, stored(), 1)
}
