package xray_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

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
	require.ErrorContains(t, err, "does not implement PutTraceSegments", "functions send theirs to the daemon")
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

const tracing = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["xray:PutTraceSegments","xray:PutTelemetryRecords"],"Resource":"*"}]}`
