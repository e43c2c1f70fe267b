package logs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/logs"
)

const other = "/aws/lambda/invoice"

// story logs what two functions say about orders, and returns when it began.
func (c *cloud) story(t *testing.T) time.Time {
	c.MustDeploy(t, groupType, map[string]any{"name": other})
	began := c.Clock.Now()
	c.log(t, "a",
		`{"level":"INFO","msg":"stored","orderId":"o-1","record":{"requestId":"r-1","items":[{"qty":2}]},"ms":12}`,
		`{"level":"ERROR","msg":"failed","orderId":"o-2","error":"no table","new":true}`,
		`{"level":"ERROR","msg":"failed","orderId":"o-3","error":"no table","ms":9.5}`,
		`plain text about o-1`)
	writer, _ := c.Role(t, "invoicer", strings.Replace(writing, group, other, 1))
	require.NoError(t, c.service.Put(t.Context(), writer, other, "b", []logs.Event{
		{Time: c.Clock.Now(), Message: `{"msg":"invoiced","orderId":"o-1","ms":100}`},
		{Time: c.Clock.Now().Add(time.Hour), Message: `{"msg":"later","orderId":"o-1"}`},
	}))
	return began
}

// insights runs a query over both groups, and returns the rows as field=value, without @ptr.
func (c *cloud) insights(t *testing.T, from time.Time, query string) (rows []string) {
	t.Helper()
	started, err := c.client.StartQuery(t.Context(), &sdk.StartQueryInput{
		LogGroupNames: []string{group}, LogGroupIdentifiers: []string{"arn:aws:logs:us-east-1:123456789012:log-group:" + other},
		QueryString: &query, StartTime: aws.Int64(from.Unix()), EndTime: aws.Int64(from.Add(time.Minute).Unix()),
	})
	require.NoError(t, err)
	out, err := c.client.GetQueryResults(t.Context(), &sdk.GetQueryResultsInput{QueryId: started.QueryId})
	require.NoError(t, err)
	require.Equal(t, types.QueryStatusComplete, out.Status)
	for _, r := range out.Results {
		var fields []string
		for _, f := range r {
			if *f.Field != "@ptr" {
				fields = append(fields, *f.Field+"="+*f.Value)
			}
		}
		rows = append(rows, strings.Join(fields, " "))
	}
	return rows
}

func TestTheStoryOfAnOrderIsOneQuery(t *testing.T) {
	c := newCloud(t)
	began := c.story(t)
	at := func(ms int) string {
		return "@timestamp=" + began.Add(time.Duration(ms)*time.Millisecond).UTC().Format("2006-01-02 15:04:05.000")
	}
	require.Equal(t, []string{
		at(0) + " @log=123456789012:/aws/lambda/store level=INFO msg=stored id=r-1",
		at(4) + " @log=123456789012:/aws/lambda/invoice msg=invoiced",
	}, c.insights(t, began, `fields @timestamp, @log, level, msg, record.requestId as id | filter orderId = "o-1" | sort @timestamp asc | limit 1000`))
	require.Equal(t, []string{"@log=123456789012:/aws/lambda/store msg=failed error=no table lines=2"},
		c.insights(t, began, "filter ispresent(error)\n| stats count(*) as lines by @log, msg, error\n| sort lines desc"))
}

func TestAQueryShowsTheNewestEventsFirst(t *testing.T) {
	c := newCloud(t)
	began := c.story(t)
	rows := c.insights(t, began, "limit 2")
	require.Len(t, rows, 2)
	require.Contains(t, rows[0], `@message={"msg":"invoiced"`)
	require.Contains(t, rows[1], "@message=plain text about o-1")
	require.Equal(t, []string{"count(*)=5"}, c.insights(t, began, "stats count(*)"))
	require.Equal(t, []string{"level=ERROR count(*)=2", "level=INFO count(*)=1"},
		c.insights(t, began, "filter ispresent(level) | stats count(*) by level | sort level"))
	require.Equal(t, []string{"ms=9.5", "ms=12", "ms=100"}, c.insights(t, began, "fields ms | filter ispresent(ms) | sort ms"))
}

func TestConditions(t *testing.T) {
	c := newCloud(t)
	began := c.story(t)
	for filter, n := range map[string]int{
		`orderId = "o-1"`: 2, `orderId="o-1"`: 2, `ms = 12.0`: 1, `ms = 100 and orderId = "o-1" and msg LIKE "voice"`: 1,
		`@message like "o-1"`: 3, `msg like "fail" and orderId = "o-2"`: 1, `@log like "invoice"`: 1, `@logStream = "a"`: 4,
		`record.items.0.qty = 2`: 1, `new = "true"`: 1, `ispresent(orderId)`: 4, `ispresent( orderId ) AND msg = "a | b"`: 0, `msg = "o and"`: 0,
	} {
		require.Len(t, c.insights(t, began, "filter "+filter), n, filter)
	}
}

func TestQueriesThatAreNotImplementedAreRefused(t *testing.T) {
	c := newCloud(t)
	c.story(t)
	start := func(change func(*sdk.StartQueryInput)) error {
		in := &sdk.StartQueryInput{LogGroupName: aws.String(group), QueryString: aws.String("fields a"), StartTime: aws.Int64(1), EndTime: aws.Int64(2)}
		change(in)
		_, err := c.client.StartQuery(t.Context(), in)
		return err
	}
	for _, query := range []string{
		"parse @message \"*\" as a", "stats sum(a)", "fields abs(a)", "filter a = b", "filter a = 1 b = 2", "filter a = 1 and", "filter (a = 1", "filter a like /b/",
		`filter a = 1 or b = 2`, "filter not ispresent(a)", "filter (a = 1)", "filter a in [1]", "filter a != 1", "filter a > 1", `filter a likes "b"`,
		"filter", "limit 0", "limit many", "sort a up", "sort a, b", "fields a |", "| fields a", "", "display a", "dedup a", "filter not", "fields a, | limit 1", "stats count(*) by bin(5m)",
	} {
		cloudtest.Refused(t, start(func(in *sdk.StartQueryInput) { in.QueryString = &query }), "MalformedQueryException")
	}
	require.Error(t, start(func(in *sdk.StartQueryInput) { in.QueryLanguage = types.QueryLanguageSql }))
	cloudtest.Refused(t, start(func(in *sdk.StartQueryInput) { in.LogGroupName = nil }), "InvalidParameterException")
	cloudtest.Refused(t, start(func(in *sdk.StartQueryInput) { in.LogGroupName = aws.String("none") }), "ResourceNotFoundException")
}

func TestQueriesNeedPermissionOnEachGroup(t *testing.T) {
	c := newCloud(t)
	began := c.story(t)
	_, config := c.Role(t, "reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:StartQuery","Resource":"arn:aws:logs:us-east-1:123456789012:log-group:`+group+`:*"}]}`)
	reader := sdk.NewFromConfig(config)
	in := &sdk.StartQueryInput{LogGroupNames: []string{group}, QueryString: aws.String("fields a"), StartTime: aws.Int64(began.Unix()), EndTime: aws.Int64(began.Unix())}
	started, err := reader.StartQuery(t.Context(), in)
	require.NoError(t, err)
	_, err = reader.GetQueryResults(t.Context(), &sdk.GetQueryResultsInput{QueryId: started.QueryId})
	cloudtest.Refused(t, err, "AccessDeniedException")
	in.LogGroupNames = append(in.LogGroupNames, other)
	_, err = reader.StartQuery(t.Context(), in)
	cloudtest.Refused(t, err, "AccessDeniedException")

	for range 100 {
		_, err = c.client.StartQuery(t.Context(), in)
		require.NoError(t, err)
	}
	_, err = c.client.GetQueryResults(t.Context(), &sdk.GetQueryResultsInput{QueryId: started.QueryId})
	cloudtest.Refused(t, err, "ResourceNotFoundException")
}

func TestSavedQueries(t *testing.T) {
	const kind = "aws:cloudwatch/queryDefinition:QueryDefinition"
	c := newCloud(t)
	inputs := map[string]any{"name": "orders/order", "queryString": "fields @message", "logGroupNames": []any{group}}
	id, state := c.MustDeploy(t, kind, inputs)
	c.MustDeploy(t, kind, map[string]any{"name": "other", "queryString": "fields @message"})
	require.Equal(t, state, c.Read(t, kind, id))
	inputs["queryString"] = "limit 1"
	require.NoError(t, c.Update(t, kind, id, inputs))
	out, err := c.client.DescribeQueryDefinitions(t.Context(), &sdk.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: aws.String("orders/")})
	require.NoError(t, err)
	require.Len(t, out.QueryDefinitions, 1)
	got := out.QueryDefinitions[0]
	require.Equal(t, []string{id, "orders/order", "limit 1", group}, []string{*got.QueryDefinitionId, *got.Name, *got.QueryString, got.LogGroupNames[0]})
	require.NoError(t, c.Delete(t, kind, id))
	require.Nil(t, c.Read(t, kind, id))
	require.Error(t, c.Update(t, kind, id, inputs))
}
