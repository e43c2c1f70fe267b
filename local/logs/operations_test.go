package logs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/logs"
)

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

// The pages of a filter are the events sorted by time, each once, in whatever order they arrived.
func TestPagesAreSortedByTime(t *testing.T) {
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

		in := &sdk.GetLogEventsInput{LogGroupName: aws.String(group), LogStreamName: &stream, Limit: limit, StartFromHead: aws.Bool(rapid.Bool().Draw(rt, "from head"))}
		out, err := c.client.GetLogEvents(t.Context(), in)
		require.NoError(rt, err)
		page := make([]string, len(out.Events))
		for i, e := range out.Events {
			page[i] = *e.Message
		}
		n := min(len(sorted), int(*limit))
		if *in.StartFromHead {
			require.Equal(rt, sorted[:n], page)
		} else {
			require.Equal(rt, sorted[len(sorted)-n:], page)
		}
	})
}

func TestEventsOfAStreamAreOnePage(t *testing.T) {
	c := newCloud(t)
	in := &sdk.GetLogEventsInput{LogGroupIdentifier: aws.String("arn:aws:logs:us-east-1:123456789012:log-group:" + group), LogStreamName: aws.String("s")}
	c.log(t, "s", "first")
	out, err := c.client.GetLogEvents(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "first", *out.Events[0].Message)
	require.Nil(t, out.NextForwardToken)
	in.NextToken = aws.String("f/1")
	_, err = c.client.GetLogEvents(t.Context(), in)
	cloudtest.Refused(t, err, "SerializationException")
	in.LogStreamName, in.NextToken = aws.String("other"), nil
	_, err = c.client.GetLogEvents(t.Context(), in)
	cloudtest.Refused(t, err, "ResourceNotFoundException")
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
