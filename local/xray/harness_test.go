package xray_test

import (
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
