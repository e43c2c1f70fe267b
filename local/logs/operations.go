package logs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// target names a group: by its name, or by an identifier that is its name or its ARN.
type target struct{ LogGroupName, LogGroupIdentifier string }

// of authorizes an action on a group or one of its streams, and returns the group.
func (s *Service) of(c *wire.Call, t target, action, stream string) (*group, error) {
	name := t.LogGroupName
	if t.LogGroupIdentifier != "" {
		name = strings.TrimSuffix(strings.TrimPrefix(t.LogGroupIdentifier, groupARN("")), ":*")
	}
	if (t.LogGroupName == "") == (t.LogGroupIdentifier == "") {
		return nil, invalid("Exactly one of logGroupName and logGroupIdentifier is required.")
	}
	if err := c.Authorize("logs:"+action, streamARN(name, stream)); err != nil {
		return nil, err
	}
	g, err := s.group(name)
	if err != nil || action == "DescribeLogStreams" {
		return g, err
	}
	return g, s.useKey(c.Context(), g.key(), name, "kms:Decrypt")
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix, LogGroupNamePattern, NextToken string
	Limit                                              *int
}

type logGroupOutput struct {
	ARN               string `json:"arn"`
	LogGroupARN       string `json:"logGroupArn"`
	LogGroupName      string `json:"logGroupName"`
	KMSKey            string `json:"kmsKeyId,omitempty"`
	CreationTime      int64  `json:"creationTime"`
	RetentionInDays   *int   `json:"retentionInDays,omitempty"`
	LogGroupClass     string `json:"logGroupClass"`
	MetricFilterCount int    `json:"metricFilterCount"`
	StoredBytes       int    `json:"storedBytes"`
}

type describeLogGroupsOutput struct {
	LogGroups []logGroupOutput `json:"logGroups"`
	NextToken string           `json:"nextToken,omitempty"`
}

func (s *Service) describeLogGroups(c *wire.Call, in *describeLogGroupsInput) (*describeLogGroupsOutput, error) {
	if err := c.Authorize("logs:DescribeLogGroups", streamARN("", "")); err != nil {
		return nil, err
	}
	groups := s.sorted(func(name string) bool {
		return strings.HasPrefix(name, in.LogGroupNamePrefix) && name > in.NextToken &&
			strings.Contains(strings.ToLower(name), strings.ToLower(in.LogGroupNamePattern))
	})
	out := &describeLogGroupsOutput{LogGroups: []logGroupOutput{}}
	limit, err := limited(in.Limit, 50)
	if err != nil {
		return nil, err
	}
	if len(groups) > limit {
		groups = groups[:limit]
		out.NextToken = groups[limit-1].name
	}
	for _, g := range groups {
		g.mu.Lock()
		key := ""
		if g.inputs.KMSKey != nil {
			key = *g.inputs.KMSKey
		}
		out.LogGroups = append(out.LogGroups, logGroupOutput{
			ARN: groupARN(g.name) + ":*", LogGroupARN: groupARN(g.name), LogGroupName: g.name, CreationTime: g.created,
			RetentionInDays: g.inputs.retention(), LogGroupClass: "STANDARD", StoredBytes: g.bytes, KMSKey: key,
		})
		g.mu.Unlock()
	}
	return out, nil
}

type describeLogStreamsInput struct {
	target
	LogStreamNamePrefix, OrderBy, NextToken string
	Descending                              bool
	Limit                                   *int
}

type logStreamOutput struct {
	ARN                 string `json:"arn"`
	LogStreamName       string `json:"logStreamName"`
	CreationTime        int64  `json:"creationTime"`
	FirstEventTimestamp int64  `json:"firstEventTimestamp,omitempty"`
	LastEventTimestamp  int64  `json:"lastEventTimestamp,omitempty"`
	LastIngestionTime   int64  `json:"lastIngestionTime,omitempty"`
	StoredBytes         int    `json:"storedBytes"`
}

type describeLogStreamsOutput struct {
	LogStreams []logStreamOutput `json:"logStreams"`
	NextToken  string            `json:"nextToken,omitempty"`
}

func (s *Service) describeLogStreams(c *wire.Call, in *describeLogStreamsInput) (*describeLogStreamsOutput, error) {
	g, err := s.of(c, in.target, "DescribeLogStreams", "")
	if err != nil {
		return nil, err
	}
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
	list := []logStreamOutput{}
	for _, st := range g.streams {
		if strings.HasPrefix(st.name, in.LogStreamNamePrefix) {
			list = append(list, logStreamOutput{
				ARN: streamARN(g.name, st.name), LogStreamName: st.name, CreationTime: st.created, FirstEventTimestamp: st.first,
				LastEventTimestamp: st.last, LastIngestionTime: st.arrived, StoredBytes: st.bytes,
			})
		}
	}
	slices.SortFunc(list, func(a, b logStreamOutput) int {
		order := cmp.Compare(a.LogStreamName, b.LogStreamName)
		if byTime {
			order = cmp.Or(cmp.Compare(a.LastEventTimestamp, b.LastEventTimestamp), order)
		}
		if in.Descending {
			return -order
		}
		return order
	})
	if in.NextToken != "" {
		at := slices.IndexFunc(list, func(o logStreamOutput) bool { return o.LogStreamName == in.NextToken })
		if at < 0 {
			return nil, invalid("The specified nextToken is invalid.")
		}
		list = list[at+1:]
	}
	out := &describeLogStreamsOutput{LogStreams: list}
	if len(list) > limit {
		out.LogStreams = list[:limit]
		out.NextToken = list[limit-1].LogStreamName
	}
	return out, nil
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
