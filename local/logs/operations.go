package logs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/wire"
)

// target names a group, by its name or by an identifier that is its name or its ARN, and in GetLogEvents a stream.
type target struct {
	LogGroupName, LogGroupIdentifier string
	stream                           string
}

func (t target) Target() target { return t }

// of authorizes a call's operation on a group or one of its streams, and returns the group.
func (s *Service) of(c *wire.Call, t target) (*group, error) {
	name := t.LogGroupName
	if t.LogGroupIdentifier != "" {
		name = strings.TrimSuffix(strings.TrimPrefix(t.LogGroupIdentifier, groupARN("")), ":*")
	}
	if (t.LogGroupName == "") == (t.LogGroupIdentifier == "") {
		return nil, invalid("Exactly one of logGroupName and logGroupIdentifier is required.")
	}
	if err := c.Authorize("logs:"+c.Operation, streamARN(name, t.stream)); err != nil {
		return nil, err
	}
	g, err := s.group(name)
	if err != nil || c.Operation == "DescribeLogStreams" {
		return g, err
	}
	return g, s.useKey(c.Context(), g.key(), name, "kms:Decrypt")
}

type describeLogGroupsInput struct{ LogGroupNamePrefix string }

func (s *Service) describeLogGroups(_ *wire.Call, in *describeLogGroupsInput) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	list := []wire.Object{}
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		if strings.HasPrefix(name, in.LogGroupNamePrefix) {
			list = append(list, s.groups[name].output())
		}
	}
	return wire.Object{"logGroups": list}, nil
}

func (g *group) output() wire.Object {
	g.mu.Lock()
	defer g.mu.Unlock()
	return wire.Object{
		"arn": groupARN(g.name) + ":*", "logGroupArn": groupARN(g.name), "logGroupName": g.name, "creationTime": g.created,
		"logGroupClass": "STANDARD", "metricFilterCount": 0, "storedBytes": g.bytes,
	}.With(wire.Object{"retentionInDays": aws.ToInt(g.inputs.RetentionInDays), "kmsKeyId": g.inputs.KMSKey})
}

type describeLogStreamsInput struct {
	target
	OrderBy    string
	Descending bool
}

func describeLogStreams(_ *wire.Call, g *group, in *describeLogStreamsInput) (wire.Object, error) {
	byTime := in.OrderBy == "LastEventTime"
	if !byTime && in.OrderBy != "" && in.OrderBy != "LogStreamName" {
		return nil, invalid("orderBy must be LogStreamName or LastEventTime, got %q.", in.OrderBy)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []wire.Object{}
	for _, st := range slices.SortedFunc(maps.Values(g.streams), func(a, b *stream) int {
		if byTime && a.last != b.last {
			return cmp.Compare(a.last, b.last)
		}
		return cmp.Compare(a.name, b.name)
	}) {
		list = append(list, wire.Object{
			"arn": streamARN(g.name, st.name), "logStreamName": st.name, "creationTime": st.created, "storedBytes": 0, // as on AWS, since 2019
		}.With(wire.Object{"firstEventTimestamp": st.first, "lastEventTimestamp": st.last, "lastIngestionTime": st.arrived}))
	}
	if in.Descending {
		slices.Reverse(list)
	}
	return wire.Object{"logStreams": list}, nil
}

type period struct{ StartTime, EndTime *int64 }

type getLogEventsInput struct {
	target
	period
	LogStreamName string
	// StartFromHead is ignored: all events are in one page.
	StartFromHead bool
}

func (in getLogEventsInput) Target() target {
	in.stream = in.LogStreamName
	return in.target
}

func (e *event) output() wire.Object {
	return wire.Object{"timestamp": e.at, "message": e.message, "ingestionTime": e.arrived}
}

// getLogEvents follows https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html, without pages.
func (s *Service) getLogEvents(_ *wire.Call, g *group, in *getLogEventsInput) (wire.Object, error) {
	st := g.stream(in.LogStreamName)
	if st == nil {
		return nil, refuse("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	list := []wire.Object{}
	for _, e := range g.find(s.now(), func(e *event) bool {
		return e.stream == st && (in.StartTime == nil || e.at >= *in.StartTime) && (in.EndTime == nil || e.at < *in.EndTime)
	}) {
		list = append(list, e.output())
	}
	return wire.Object{"events": list}, nil
}

type filterLogEventsInput struct {
	target
	period
	LogStreamNames                     []string
	LogStreamNamePrefix, FilterPattern string
	// Interleaved is ignored, as by AWS since 2019: pages always are.
	Interleaved bool
}

// filterLogEvents follows https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html, without
// pages.
func (s *Service) filterLogEvents(_ *wire.Call, g *group, in *filterLogEventsInput) (wire.Object, error) {
	pattern, err := parsePattern(in.FilterPattern)
	if err != nil {
		return nil, err
	}
	list := []wire.Object{}
	for _, e := range g.find(s.now(), func(e *event) bool {
		return (in.StartTime == nil || e.at >= *in.StartTime) && (in.EndTime == nil || e.at <= *in.EndTime) &&
			strings.HasPrefix(e.stream.name, in.LogStreamNamePrefix) &&
			(len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, e.stream.name)) && pattern.matches(e.message)
	}) {
		list = append(list, e.output().With(wire.Object{"eventId": fmt.Sprintf("%020d%036d", e.at, e.id), "logStreamName": e.stream.name}))
	}
	return wire.Object{"events": list, "searchedLogStreams": []string{}}, nil // AWS leaves it empty too
}
