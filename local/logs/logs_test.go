package logs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/local/fault"
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

// log writes messages to a stream, one millisecond after the other.
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

func TestWritingNeedsTheRolesPermission(t *testing.T) {
	c := newCloud(t)
	put := func(p policy.Principal, group, stream string) error {
		return c.service.Put(t.Context(), p, group, stream, []logs.Event{{Time: c.Clock.Now(), Message: "m"}})
	}
	require.NoError(t, put(c.writer, group, "s"))
	var denied *policy.DeniedError

	noStream, _ := c.Role(t, "no-stream", strings.Replace(writing, `"logs:CreateLogStream",`, "", 1))
	require.NoError(t, put(noStream, group, "s"), "the stream is there")
	require.ErrorAs(t, put(noStream, group, "new"), &denied)
	require.Equal(t, "logs:CreateLogStream", denied.Request.Action)
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/store:log-stream:new", denied.Request.Resource)

	noPut, _ := c.Role(t, "no-put", strings.Replace(writing, `,"logs:PutLogEvents"`, "", 1))
	require.ErrorAs(t, put(noPut, group, "s"), &denied)
	require.Equal(t, "logs:PutLogEvents", denied.Request.Action)

	require.ErrorAs(t, put(c.writer, "/aws/lambda/other", "s"), &denied)
	require.ErrorAs(t, put(policy.ServicePrincipal("apigateway.amazonaws.com"), group, "s"), &denied)
	all, _ := c.Role(t, "all", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	require.ErrorContains(t, put(all, "/aws/lambda/other", "s"), "ResourceNotFoundException")
}

func TestReadingNeedsThePermission(t *testing.T) {
	c := newCloud(t)
	c.log(t, "s", "m")
	_, config := c.Role(t, "nobody", writing)
	client := sdk.NewFromConfig(config)
	name := aws.String(group)
	for action, call := range map[string]func(ctx context.Context) error{
		"logs:DescribeLogGroups": func(ctx context.Context) error {
			_, err := client.DescribeLogGroups(ctx, &sdk.DescribeLogGroupsInput{})
			return err
		},
		"logs:DescribeLogStreams": func(ctx context.Context) error {
			_, err := client.DescribeLogStreams(ctx, &sdk.DescribeLogStreamsInput{LogGroupName: name})
			return err
		},
		"logs:GetLogEvents": func(ctx context.Context) error {
			_, err := client.GetLogEvents(ctx, &sdk.GetLogEventsInput{LogGroupName: name, LogStreamName: aws.String("s")})
			return err
		},
		"logs:FilterLogEvents": func(ctx context.Context) error {
			_, err := client.FilterLogEvents(ctx, &sdk.FilterLogEventsInput{LogGroupName: name})
			return err
		},
	} {
		require.Contains(t, cloudtest.Refused(t, call(t.Context()), "AccessDeniedException"), action)
	}
}

func TestFilterPatterns(t *testing.T) {
	c := newCloud(t)
	c.log(t, "s", "ERROR order 7", "order 8 stored", "error order 9", `{"level":"ERROR","order":"7"}`)
	for pattern, want := range map[string][]string{
		"":                      {"ERROR order 7", "order 8 stored", "error order 9", `{"level":"ERROR","order":"7"}`},
		"ERROR":                 {"ERROR order 7", `{"level":"ERROR","order":"7"}`},
		" order  ERROR ":        {"ERROR order 7", `{"level":"ERROR","order":"7"}`},
		`"order 8"`:             {"order 8 stored"},
		`"order 8" "8 st" o`:    {"order 8 stored"},
		`absent`:                nil,
		`"level":`:              {},
		`?ERROR ?error`:         {},
		`-ERROR`:                {},
		`{ $.level = "ERROR" }`: {},
		`%order [78]%`:          {},
		`"open`:                 {},
	} {
		in := &sdk.FilterLogEventsInput{FilterPattern: aws.String(pattern)}
		if want != nil && len(want) == 0 {
			in.LogGroupName = aws.String(group)
			_, err := c.client.FilterLogEvents(t.Context(), in)
			cloudtest.Refused(t, err, "InvalidParameterException")
			continue
		}
		require.Equal(t, want, c.filter(t, in), pattern)
	}
}

func TestFilterByStreamAndTime(t *testing.T) {
	c := newCloud(t)
	began := c.Clock.Now().UnixMilli()
	c.log(t, "a/1", "0")
	c.log(t, "b/1", "1")
	c.log(t, "a/2", "2")
	c.log(t, "a/1", "3")
	require.Equal(t, []string{"0", "1", "2", "3"}, c.filter(t, &sdk.FilterLogEventsInput{}))
	require.Equal(t, []string{"0", "2", "3"}, c.filter(t, &sdk.FilterLogEventsInput{LogStreamNamePrefix: aws.String("a/")}))
	require.Equal(t, []string{"0", "1", "3"}, c.filter(t, &sdk.FilterLogEventsInput{LogStreamNames: []string{"a/1", "b/1"}}))
	require.Equal(t, []string{"1", "2"}, c.filter(t, &sdk.FilterLogEventsInput{StartTime: aws.Int64(began + 1), EndTime: aws.Int64(began + 2)}))
}

// Whatever the order in which events come, the pages of a filter are the events by time, each once.
func TestPagesOfAFilterAreTheEventsByTime(t *testing.T) {
	c := newCloud(t)
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		stream := fmt.Sprintf("s%d", n)
		times := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 30).Draw(rt, "times")
		want := map[int][]string{}
		for i, at := range times {
			m := fmt.Sprint(i)
			want[at] = append(want[at], m)
			require.NoError(rt, c.service.Put(t.Context(), c.writer, group, stream, []logs.Event{{Time: c.Clock.Now().Add(time.Duration(at) * time.Millisecond), Message: m}}))
		}
		var sorted []string
		for at := range 10 {
			sorted = append(sorted, want[at]...)
		}
		limit := aws.Int32(rapid.Int32Range(1, 7).Draw(rt, "limit"))
		require.Equal(rt, sorted, c.filter(t, &sdk.FilterLogEventsInput{LogStreamNames: []string{stream}, Limit: limit}))

		var pages []string
		in := &sdk.GetLogEventsInput{LogGroupName: aws.String(group), LogStreamName: &stream, Limit: limit, StartFromHead: aws.Bool(rapid.Bool().Draw(rt, "from head"))}
		for {
			out, err := c.client.GetLogEvents(t.Context(), in)
			require.NoError(rt, err)
			if len(out.Events) == 0 {
				require.Contains(rt, []string{*out.NextForwardToken, *out.NextBackwardToken}, *in.NextToken, "at an end the token stays")
				break
			}
			page := make([]string, len(out.Events))
			for i, e := range out.Events {
				page[i] = *e.Message
			}
			in.NextToken = out.NextForwardToken
			if *in.StartFromHead {
				pages = append(pages, page...)
			} else {
				in.NextToken = out.NextBackwardToken
				pages = append(page, pages...)
			}
		}
		require.Equal(rt, sorted, pages)
	})
}

func TestAnEventThatComesLaterIsBehindTheForwardToken(t *testing.T) {
	c := newCloud(t)
	in := &sdk.GetLogEventsInput{LogGroupIdentifier: aws.String("arn:aws:logs:us-east-1:123456789012:log-group:" + group), LogStreamName: aws.String("s")}
	_, err := c.client.CreateLogStream(t.Context(), &sdk.CreateLogStreamInput{LogGroupName: aws.String(group), LogStreamName: aws.String("s")})
	require.NoError(t, err)
	for _, message := range []string{"first", "second"} {
		out, err := c.client.GetLogEvents(t.Context(), in)
		require.NoError(t, err)
		require.Empty(t, out.Events)
		in.NextToken = out.NextForwardToken
		c.log(t, "s", message)
		out, err = c.client.GetLogEvents(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, out.Events, 1)
		require.Equal(t, message, *out.Events[0].Message)
		in.NextToken = out.NextForwardToken
	}
	in.NextToken = aws.String("f/x")
	_, err = c.client.GetLogEvents(t.Context(), in)
	cloudtest.Refused(t, err, "InvalidParameterException")
}

func TestPutLogEvents(t *testing.T) {
	c := newCloud(t)
	c.MustDeploy(t, groupType, map[string]any{"name": "short", "retentionInDays": 7})
	at := func(age time.Duration) *int64 { return aws.Int64(c.Clock.Now().Add(-age).UnixMilli()) }
	event := func(age time.Duration) types.InputLogEvent {
		return types.InputLogEvent{Timestamp: at(age), Message: aws.String("m")}
	}
	put := func(group, stream string, events ...types.InputLogEvent) (*sdk.PutLogEventsOutput, error) {
		return c.client.PutLogEvents(t.Context(), &sdk.PutLogEventsInput{LogGroupName: &group, LogStreamName: &stream, LogEvents: events})
	}
	_, err := put("missing", "s", event(0))
	cloudtest.Refused(t, err, "ResourceNotFoundException")
	_, err = put("short", "s", event(0))
	cloudtest.Refused(t, err, "ResourceNotFoundException")
	for _, name := range []string{"short", group} {
		_, err = c.client.CreateLogStream(t.Context(), &sdk.CreateLogStreamInput{LogGroupName: &name, LogStreamName: aws.String("s")})
		require.NoError(t, err)
		_, err = c.client.CreateLogStream(t.Context(), &sdk.CreateLogStreamInput{LogGroupName: &name, LogStreamName: aws.String("s")})
		cloudtest.Refused(t, err, "ResourceAlreadyExistsException")
	}
	for name, events := range map[string][]types.InputLogEvent{
		"order":     {event(0), event(time.Second)},
		"span":      {event(25 * time.Hour), event(0)},
		"none":      nil,
		"too large": {{Timestamp: at(0), Message: aws.String(strings.Repeat("m", 1<<20))}},
		"empty":     {{Timestamp: at(0), Message: aws.String("")}},
	} {
		if name == "none" {
			events = []types.InputLogEvent{}
		}
		_, err := put(group, "s", events...)
		cloudtest.Refused(t, err, "InvalidParameterException")
	}
	const day = 24 * time.Hour
	out, err := put("short", "s", event(7*day+time.Minute), event(7*day-time.Minute))
	require.NoError(t, err)
	require.EqualValues(t, 1, *out.RejectedLogEventsInfo.ExpiredLogEventEndIndex)
	out, err = put(group, "s", event(14*day+time.Minute), event(14*day-time.Minute))
	require.NoError(t, err)
	require.EqualValues(t, 1, *out.RejectedLogEventsInfo.TooOldLogEventEndIndex)
	out, err = put(group, "s", event(0), event(-3*time.Hour))
	require.NoError(t, err)
	require.EqualValues(t, 1, *out.RejectedLogEventsInfo.TooNewLogEventStartIndex)
	require.Len(t, c.filter(t, &sdk.FilterLogEventsInput{}), 2)
}

func TestRetentionEndsEvents(t *testing.T) {
	c := newCloud(t)
	require.NoError(t, c.Update(t, groupType, group, map[string]any{"name": group, "retentionInDays": 1}))
	c.log(t, "s", "old")
	c.Clock.Advance(23 * time.Hour)
	c.log(t, "s", "new")
	require.Equal(t, []string{"old", "new"}, c.filter(t, &sdk.FilterLogEventsInput{}))
	c.Clock.Advance(time.Hour)
	require.Equal(t, []string{"new"}, c.filter(t, &sdk.FilterLogEventsInput{}))
}

func TestAGroupHoldsItsNewestEvents(t *testing.T) {
	c := newCloud(t)
	line := strings.Repeat("x", 1<<20)
	for i := range 12 {
		c.log(t, fmt.Sprint("s", i%2), fmt.Sprintf("%02d%s", i, line))
	}
	var kept []string
	for _, m := range c.filter(t, &sdk.FilterLogEventsInput{}) {
		require.Len(t, m, 1<<20, "a message is cut")
		kept = append(kept, m[:2])
	}
	require.Equal(t, []string{"05", "06", "07", "08", "09", "10", "11"}, kept)
	out, err := c.client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{})
	require.NoError(t, err)
	require.EqualValues(t, 7*(1<<20+26), *out.LogGroups[0].StoredBytes)
}

func TestDescribe(t *testing.T) {
	c := newCloud(t)
	c.MustDeploy(t, groupType, map[string]any{"name": "b", "retentionInDays": 30})
	c.log(t, "s2", "m")
	c.log(t, "s1", "m", "n")
	var names []string
	for pages := sdk.NewDescribeLogGroupsPaginator(c.client, &sdk.DescribeLogGroupsInput{Limit: aws.Int32(1)}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, g := range page.LogGroups {
			names = append(names, *g.LogGroupName)
			require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:"+*g.LogGroupName+":*", *g.Arn)
		}
	}
	require.Equal(t, []string{group, "b"}, names)
	out, err := c.client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("LAMBDA")})
	require.NoError(t, err)
	require.Len(t, out.LogGroups, 1)
	require.Nil(t, out.LogGroups[0].RetentionInDays)

	var streams []types.LogStream
	in := &sdk.DescribeLogStreamsInput{LogGroupName: aws.String(group), Limit: aws.Int32(1), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)}
	for pages := sdk.NewDescribeLogStreamsPaginator(c.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		streams = append(streams, page.LogStreams...)
	}
	require.Len(t, streams, 2)
	require.Equal(t, "s1", *streams[0].LogStreamName)
	require.Equal(t, *streams[0].FirstEventTimestamp+1, *streams[0].LastEventTimestamp)
	require.Equal(t, "s2", *streams[1].LogStreamName)
}

func TestLogGroupIsMadeReadChangedAndDeleted(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, groupType, map[string]any{"tags": map[string]any{"a": "b"}})
	require.Regexp(t, `^Logical-[0-9a-f]{7}$`, id)
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:"+id, state["arn"])
	require.Equal(t, state, c.Read(t, groupType, id))
	_, _, err := c.Deploy(t, groupType, map[string]any{"name": id})
	require.ErrorContains(t, err, "ResourceAlreadyExistsException")
	require.NoError(t, c.Delete(t, groupType, id))
	require.Nil(t, c.Read(t, groupType, id))
	require.ErrorContains(t, c.Update(t, groupType, id, map[string]any{"name": id}), "ResourceNotFoundException")

	kept, _ := c.MustDeploy(t, groupType, map[string]any{"name": "kept", "skipDestroy": true})
	require.NoError(t, c.Delete(t, groupType, kept))
	require.NotNil(t, c.Read(t, groupType, kept))

	for property, value := range map[string]any{
		"retentionInDays": 8, "name": "a b", "kmsKeyId": "key", "logGroupClass": "INFREQUENT_ACCESS", "namePrefix": "a",
	} {
		failures := c.Check(t, groupType, map[string]any{property: value}).GetFailures()
		require.Len(t, failures, 1, property)
		require.Equal(t, property, failures[0].GetProperty())
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	c := newCloud(t)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				err := c.service.Put(context.Background(), c.writer, group, fmt.Sprint(w%3), []logs.Event{{Time: c.Clock.Now(), Message: fmt.Sprint(w, i)}})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	require.Len(t, c.filter(t, &sdk.FilterLogEventsInput{Limit: aws.Int32(7)}), 400)
}

func TestThrottledAsATestAsks(t *testing.T) {
	c := newCloud(t)
	c.Account.Faults.Add(fault.Rule{Action: "logs:PutLogEvents", Do: func(context.Context, fault.Event) error { return logs.Throttled() }})
	err := c.service.Put(t.Context(), c.writer, group, "s", []logs.Event{{Time: c.Clock.Now(), Message: "m"}})
	require.ErrorContains(t, err, "ThrottlingException")
	require.Empty(t, c.filter(t, &sdk.FilterLogEventsInput{}))
}

// BenchmarkPut is a function that logs three lines in one invocation.
func BenchmarkPut(b *testing.B) {
	c := newCloud(b)
	events := make([]logs.Event, 3)
	for i := range events {
		events[i] = logs.Event{Time: c.Clock.Now(), Message: strings.Repeat("x", 150)}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := c.service.Put(b.Context(), c.writer, group, "s", events); err != nil {
			b.Fatal(err)
		}
	}
}
