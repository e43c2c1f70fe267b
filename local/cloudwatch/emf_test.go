package cloudwatch_test

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/logs"
)

func TestLogEventsAreSearchedForMetrics(t *testing.T) {
	c := newCloud(t)
	service := logs.New(c.Account)
	service.Metrics = c.service
	c.Serve(t, service, c.service)
	c.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": "/aws/lambda/store"})
	writer, _ := c.Role(t, "writer", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`)
	now := c.Clock.Now()
	require.NoError(t, service.Put(t.Context(), writer, "/aws/lambda/store", "s", []logs.Event{{Time: now, Message: emf(now)}}))
	list, err := sdk.NewFromConfig(c.Admin).ListMetrics(t.Context(), &sdk.ListMetricsInput{})
	require.NoError(t, err)
	require.Len(t, list.Metrics, 2)
}
