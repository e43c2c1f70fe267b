package xray_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

const tracing = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":"*"}]}`

type cloud struct {
	*cloudtest.Cloud
	service *xray.Service
	client  *sdk.Client // may do everything
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New()}
	c.service = xray.New(c.Account)
	c.Serve(t, c.service)
	c.client = sdk.NewFromConfig(c.Admin)
	return c
}

var gateway = policy.ServicePrincipal("apigateway.amazonaws.com")

// request records a request that an API passed to a function, and returns its trace's id.
func (c *cloud) request(t testing.TB, name string, status int) string {
	t.Helper()
	h := c.service.Sample("")
	api, began := xray.NewID(), c.Clock.Now()
	require.NoError(t, c.service.Put(t.Context(), gateway,
		xray.Segment{TraceID: h.Root, ID: xray.NewID(), ParentID: api, Name: name, Origin: "AWS::Lambda::Function", Start: began.Add(time.Millisecond),
			End: began.Add(5 * time.Millisecond), Fault: status >= 500},
		xray.Segment{TraceID: h.Root, ID: api, Name: "api/prod", Origin: "AWS::ApiGateway::Stage", Start: began, End: began.Add(8 * time.Millisecond),
			Error: status >= 400 && status < 500, Fault: status >= 500, Throttle: status == 429,
			HTTP: &xray.HTTP{Method: "POST", URL: "https://api/order", ClientIP: "127.0.0.1", UserAgent: "curl", Status: status}},
	))
	return h.Root
}

func (c *cloud) summaries(t testing.TB, filter string) []types.TraceSummary {
	t.Helper()
	in := &sdk.GetTraceSummariesInput{StartTime: aws.Time(c.Clock.Now().Add(-time.Minute)), EndTime: aws.Time(c.Clock.Now().Add(time.Minute))}
	if filter != "" {
		in.FilterExpression = &filter
	}
	out, err := c.client.GetTraceSummaries(t.Context(), in)
	require.NoError(t, err)
	return out.TraceSummaries
}

func TestSummaryTellsHowARequestWent(t *testing.T) {
	c := newCloud(t)
	c.request(t, "store", 200)
	id := c.request(t, "publish", 502)
	list := c.summaries(t, `service("publish")`)
	require.Len(t, list, 1)
	got := list[0]
	require.Equal(t, id, *got.Id)
	require.True(t, *got.HasFault)
	require.False(t, *got.HasError || *got.HasThrottle || *got.IsPartial)
	require.InDelta(t, 0.008, *got.Duration, 1e-9)
	require.InDelta(t, 0.008, *got.ResponseTime, 1e-9)
	require.Equal(t, "api/prod", *got.EntryPoint.Name)
	require.Equal(t, "POST https://api/order 502 127.0.0.1 curl",
		fmt.Sprint(*got.Http.HttpMethod, " ", *got.Http.HttpURL, " ", *got.Http.HttpStatus, " ", *got.Http.ClientIp, " ", *got.Http.UserAgent))
	require.Len(t, c.summaries(t, ""), 2)
	require.Empty(t, c.summaries(t, `service("other")`))

	in := &sdk.GetTraceSummariesInput{StartTime: aws.Time(c.Clock.Now().Add(time.Minute)), EndTime: aws.Time(c.Clock.Now().Add(time.Hour))}
	out, err := c.client.GetTraceSummaries(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, out.TraceSummaries)
	in.FilterExpression = aws.String(`fault = true`)
	_, err = c.client.GetTraceSummaries(t.Context(), in)
	cloudtest.Refused(t, err, "InvalidRequestException")
	_, err = c.client.GetTraceSummaries(t.Context(), &sdk.GetTraceSummariesInput{StartTime: in.EndTime, EndTime: in.StartTime})
	cloudtest.Refused(t, err, "InvalidRequestException")
}

func TestTraceIsReadAsDocuments(t *testing.T) {
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

func TestDocumentsOverTheWire(t *testing.T) {
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
	put := func(documents ...string) []types.UnprocessedTraceSegment {
		out, err := c.client.PutTraceSegments(t.Context(), &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: documents})
		require.NoError(t, err)
		return out.UnprocessedTraceSegments
	}
	stored := func() []types.Segment {
		out, err := c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{trace}})
		require.NoError(t, err)
		return out.Traces[0].Segments
	}
	require.Empty(t, put(document(map[string]any{"end_time": nil, "in_progress": true})))
	require.Empty(t, put(document(nil), document(map[string]any{"id": "0000000000000001", "type": "subsegment", "parent_id": "53995c3f42cd8ad8"})))
	require.Len(t, stored(), 2, "the complete document replaced the one in progress")
	require.JSONEq(t, document(nil), *stored()[0].Document)

	long := make([]byte, 201)
	for name, d := range map[string]string{
		"not JSON": "{", "id": document(map[string]any{"id": "1"}), "trace": document(map[string]any{"trace_id": "1"}),
		"name": document(map[string]any{"name": string(long)}), "start": document(map[string]any{"start_time": 0}),
		"neither end": document(map[string]any{"end_time": nil}), "both ends": document(map[string]any{"in_progress": true}),
		"orphan": document(map[string]any{"type": "subsegment"}),
		"large":  document(map[string]any{"metadata": string(make([]byte, 64<<10))}),
	} {
		require.Len(t, put(d), 1, name)
	}
	require.Len(t, stored(), 2)
	require.Equal(t, "53995c3f42cd8ad8", *put(document(map[string]any{"trace_id": "1"}))[0].Id)
	_, err := c.client.PutTelemetryRecords(t.Context(), &sdk.PutTelemetryRecordsInput{
		TelemetryRecords: []types.TelemetryRecord{{Timestamp: aws.Time(c.Clock.Now()), SegmentsSentCount: aws.Int32(1)}},
	})
	require.NoError(t, err)
}

func TestPermissions(t *testing.T) {
	c := newCloud(t)
	segment := xray.Segment{TraceID: "1-5759e988-bd862e3fe1be46a994272793", ID: xray.NewID(), Name: "store", Start: c.Clock.Now()}
	tracer, config := c.Role(t, "tracer", tracing)
	require.NoError(t, c.service.Put(t.Context(), tracer, segment))
	half, _ := c.Role(t, "half", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"xray:PutTraceSegments","Resource":"*"}]}`)
	var denied *policy.DeniedError
	require.ErrorAs(t, c.service.Put(t.Context(), half, segment), &denied)
	require.Equal(t, "xray:PutTelemetryRecords", denied.Request.Action)
	other, _ := c.Role(t, "other", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"xray:PutTelemetryRecords","Resource":"*"}]}`)
	require.ErrorAs(t, c.service.Put(t.Context(), other, segment), &denied)
	require.Equal(t, "xray:PutTraceSegments", denied.Request.Action)

	client := sdk.NewFromConfig(config)
	_, err := client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{segment.TraceID}})
	cloudtest.Refused(t, err, "AccessDeniedException")
	_, err = client.GetTraceSummaries(t.Context(), &sdk.GetTraceSummariesInput{StartTime: aws.Time(c.Clock.Now()), EndTime: aws.Time(c.Clock.Now())})
	cloudtest.Refused(t, err, "AccessDeniedException")
	_, err = client.PutTraceSegments(t.Context(), &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: []string{"{"}})
	require.NoError(t, err)
}

func TestMemoryIsBounded(t *testing.T) {
	c := newCloud(t)
	first := c.request(t, "store", 200)
	var last string
	for range 2000 {
		last = c.request(t, "store", 200)
	}
	require.Len(t, c.summaries(t, ""), 2000)
	out, err := c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{first, last}})
	require.NoError(t, err)
	require.Len(t, out.Traces, 1)
	require.Equal(t, last, *out.Traces[0].Id)

	for range 3000 {
		require.NoError(t, c.service.Put(t.Context(), gateway, xray.Segment{TraceID: last, ID: xray.NewID(), Name: "store", Start: c.Clock.Now()}))
	}
	out, err = c.client.BatchGetTraces(t.Context(), &sdk.BatchGetTracesInput{TraceIds: []string{last}})
	require.NoError(t, err)
	require.True(t, *out.Traces[0].LimitExceeded)
	require.Less(t, len(out.Traces[0].Segments), 3000)
}

func TestHeader(t *testing.T) {
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	for text, want := range map[string]string{
		"Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1": "Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1",
		"Sampled=0; Root=" + root + ";Lineage=a:1":            "Root=" + root + ";Sampled=0",
		"Root=" + root + ";Parent=x;Sampled=?":                "Root=" + root + ";Sampled=0",
	} {
		h, ok := xray.ParseHeader(text)
		require.True(t, ok, text)
		require.Equal(t, want, h.String())
	}
	for _, text := range []string{"", "Root=", "Root=2-5759e988-bd862e3fe1be46a994272793", "Parent=53995c3f42cd8ad8;Sampled=1", "Root=1-5759E988-bd862e3fe1be46a994272793"} {
		_, ok := xray.ParseHeader(text)
		require.False(t, ok, text)
	}
}

func TestSampling(t *testing.T) {
	c := newCloud(t)
	first := c.service.Sample("")
	require.True(t, first.Sampled, "the first request of a second")
	parsed, ok := xray.ParseHeader(first.String())
	require.True(t, ok)
	require.Equal(t, first, parsed)
	require.Equal(t, fmt.Sprintf("1-%08x-", c.Clock.Now().Unix()), first.Root[:11])

	sampled := 0
	for range 20_000 {
		if c.service.Sample("").Sampled {
			sampled++
		}
	}
	require.InDelta(t, 1000, sampled, 200, "5% of the others; 200 is more than six standard deviations")

	c.Clock.Advance(time.Second)
	const root = "Root=1-5759e988-bd862e3fe1be46a994272793"
	require.Equal(t, root+";Parent=53995c3f42cd8ad8;Sampled=0", c.service.Sample(root+";Parent=53995c3f42cd8ad8;Sampled=0").String())
	require.Equal(t, root+";Sampled=1", c.service.Sample(root+";Sampled=1").String())
	require.Equal(t, root+";Sampled=1", c.service.Sample(root).String(), "undecided, and the first of this second that is")
	c.Clock.Advance(time.Second)
	require.True(t, c.service.Sample("").Sampled)
}
