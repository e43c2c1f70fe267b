package logs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
)

const (
	groupType = "aws:cloudwatch/logGroup:LogGroup"
	group     = "/aws/lambda/store"
	writing   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],
		"Resource":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/store:*"}]}`
)

// cloud has a log group.
type cloud struct {
	*cloudtest.Cloud
	service *logs.Service
	client  *sdk.Client // may do everything
	writer  policy.Principal
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New()}
	c.service = logs.New(c.Account)
	c.Serve(t, c.service)
	c.client = sdk.NewFromConfig(c.Admin)
	c.MustDeploy(t, groupType, map[string]any{"name": group})
	c.writer, _ = c.Role(t, "writer", writing)
	return c
}

// log writes messages to a stream, one per millisecond.
func (c *cloud) log(t testing.TB, stream string, messages ...string) {
	t.Helper()
	for _, m := range messages {
		require.NoError(t, c.service.Put(t.Context(), c.writer, group, stream, []logs.Event{{Time: c.Clock.Now(), Message: m}}))
		c.Clock.Advance(time.Millisecond)
	}
}

func (c *cloud) filter(t testing.TB, in *sdk.FilterLogEventsInput) []string {
	t.Helper()
	in.LogGroupName = aws.String(group)
	var found []string
	for pages := sdk.NewFilterLogEventsPaginator(c.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, e := range page.Events {
			found = append(found, *e.Message)
		}
	}
	return found
}
