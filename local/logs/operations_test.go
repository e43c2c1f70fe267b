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

// The events of a filter and of a stream are sorted by time, in whatever order they arrived.
func TestEventsAreSortedByTime(t *testing.T) {
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
		var sorted, got []string
		for at := range 10 {
			sorted = append(sorted, want[at]...)
		}
		require.Equal(rt, sorted, c.filter(t, &sdk.FilterLogEventsInput{LogStreamNames: []string{stream}}))
		out, err := c.client.GetLogEvents(t.Context(), &sdk.GetLogEventsInput{LogGroupName: aws.String(group), LogStreamName: &stream})
		require.NoError(rt, err)
		for _, e := range out.Events {
			got = append(got, *e.Message)
		}
		require.Equal(rt, sorted, got)
	})
}

func TestAStreamByTheGroupsARN(t *testing.T) {
	c := newCloud(t)
	in := &sdk.GetLogEventsInput{LogGroupIdentifier: aws.String("arn:aws:logs:us-east-1:123456789012:log-group:" + group), LogStreamName: aws.String("s")}
	require.NoError(t, c.service.Put(t.Context(), c.writer, group, "s", nil))
	out, err := c.client.GetLogEvents(t.Context(), in)
	require.NoError(t, err)
	require.Empty(t, out.Events)
	c.log(t, "s", "first")
	out, err = c.client.GetLogEvents(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, out.Events, 1)
	require.Equal(t, "first", *out.Events[0].Message)
	in.LogStreamName = aws.String("other")
	_, err = c.client.GetLogEvents(t.Context(), in)
	cloudtest.Refused(t, err, "ResourceNotFoundException")
}

func TestPagesAreRefusedByName(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.FilterLogEvents(t.Context(), &sdk.FilterLogEventsInput{LogGroupName: aws.String(group), Limit: aws.Int32(1)})
	require.Contains(t, cloudtest.Refused(t, err, "SerializationException"), `"limit"`)
}

func TestDescribe(t *testing.T) {
	c := newCloud(t)
	c.MustDeploy(t, groupType, map[string]any{"name": "b", "retentionInDays": 30})
	c.log(t, "s2", "m")
	c.log(t, "s1", "m", "n")
	var names []string
	for pages := sdk.NewDescribeLogGroupsPaginator(c.client, &sdk.DescribeLogGroupsInput{}); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, g := range page.LogGroups {
			names = append(names, *g.LogGroupName)
			require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:"+*g.LogGroupName+":*", *g.Arn)
		}
	}
	require.Equal(t, []string{group, "b"}, names)
	out, err := c.client.DescribeLogGroups(t.Context(), &sdk.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/aws/lambda")})
	require.NoError(t, err)
	require.Len(t, out.LogGroups, 1)
	require.Nil(t, out.LogGroups[0].RetentionInDays)

	var streams []types.LogStream
	in := &sdk.DescribeLogStreamsInput{LogGroupName: aws.String(group), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)}
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
