package logs

import (
	"cmp"
	"slices"
	"strings"

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

type describeLogGroupsInput struct {
	LogGroupNamePrefix, LogGroupNamePattern, NextToken string
	Limit                                              *int
}

func (s *Service) describeLogGroups(_ *wire.Call, in *describeLogGroupsInput) (wire.Object, error) {
	groups := s.sorted(func(name string) bool {
		return strings.HasPrefix(name, in.LogGroupNamePrefix) && name > in.NextToken &&
			strings.Contains(strings.ToLower(name), strings.ToLower(in.LogGroupNamePattern))
	})
	limit, err := limited(in.Limit, 50)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(groups) > limit {
		groups = groups[:limit]
		next = groups[limit-1].name
	}
	list := []wire.Object{}
	for _, g := range groups {
		g.mu.Lock()
		list = append(list, wire.Object{
			"arn": groupARN(g.name) + ":*", "logGroupArn": groupARN(g.name), "logGroupName": g.name, "creationTime": g.created,
			"logGroupClass": "STANDARD", "metricFilterCount": 0, "storedBytes": g.bytes,
		}.With(wire.Object{"retentionInDays": g.inputs.retention(), "kmsKeyId": g.inputs.KMSKey}))
		g.mu.Unlock()
	}
	return wire.Object{"logGroups": list}.With(wire.Object{"nextToken": next}), nil
}

type describeLogStreamsInput struct {
	target
	LogStreamNamePrefix, OrderBy, NextToken string
	Descending                              bool
	Limit                                   *int
}

func describeLogStreams(_ *wire.Call, g *group, in *describeLogStreamsInput) (wire.Object, error) {
	byTime := in.OrderBy == "LastEventTime"
	switch {
	case in.OrderBy != "" && in.OrderBy != "LogStreamName" && !byTime:
		return nil, invalid("orderBy must be LogStreamName or LastEventTime, got %q.", in.OrderBy)
	case byTime && in.LogStreamNamePrefix != "":
		return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	limit, err := limited(in.Limit, 50)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var streams []*stream
	for _, st := range g.streams {
		if strings.HasPrefix(st.name, in.LogStreamNamePrefix) {
			streams = append(streams, st)
		}
	}
	slices.SortFunc(streams, func(a, b *stream) int {
		order := cmp.Compare(a.name, b.name)
		if byTime {
			order = cmp.Or(cmp.Compare(a.last, b.last), order)
		}
		if in.Descending {
			return -order
		}
		return order
	})
	if in.NextToken != "" {
		at := slices.IndexFunc(streams, func(st *stream) bool { return st.name == in.NextToken })
		if at < 0 {
			return nil, invalid("The specified nextToken is invalid.")
		}
		streams = streams[at+1:]
	}
	next := ""
	if len(streams) > limit {
		streams = streams[:limit]
		next = streams[limit-1].name
	}
	list := []wire.Object{}
	for _, st := range streams {
		list = append(list, wire.Object{
			"arn": streamARN(g.name, st.name), "logStreamName": st.name, "creationTime": st.created, "storedBytes": st.bytes,
		}.With(wire.Object{"firstEventTimestamp": st.first, "lastEventTimestamp": st.last, "lastIngestionTime": st.arrived}))
	}
	return wire.Object{"logStreams": list}.With(wire.Object{"nextToken": next}), nil
}

// limited returns the limit of a page. The maximum is also the default.
func limited(limit *int, most int) (int, error) {
	if limit == nil {
		return most, nil
	}
	if *limit < 1 || *limit > most {
		return 0, invalid("limit must be from 1 to %d, got %d.", most, *limit)
	}
	return *limit, nil
}
