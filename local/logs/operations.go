package logs

import (
	"cmp"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// operations are those of
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
// with which programs write events and people read them. Log groups are made by Pulumi.
func (s *Service) operations() {
	s.json = wire.JSON{Target: "Logs_20140328", Version: "1.1"}
	wire.HandleJSON(&s.json, "DescribeLogGroups", s.describeLogGroups)
	wire.HandleJSON(&s.json, "DescribeLogStreams", s.describeLogStreams)
	wire.HandleJSON(&s.json, "CreateLogStream", s.createLogStream)
	wire.HandleJSON(&s.json, "PutLogEvents", s.putLogEvents)
	wire.HandleJSON(&s.json, "GetLogEvents", s.getLogEvents)
	wire.HandleJSON(&s.json, "FilterLogEvents", s.filterLogEvents)
}

// SigningName implements wire.Service.
func (s *Service) SigningName() string { return "logs" }

// ServeAWS implements wire.Service.
func (s *Service) ServeAWS(w http.ResponseWriter, c *wire.Call) { s.json.ServeAWS(w, c) }

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
	g := s.group(name)
	if g == nil {
		return nil, errNoGroup
	}
	return g, nil
}

type describeLogGroupsInput struct {
	LogGroupNamePrefix, LogGroupNamePattern, NextToken string
	Limit                                              *int
}

type logGroupOutput struct {
	ARN               string  `json:"arn"`
	LogGroupARN       string  `json:"logGroupArn"`
	LogGroupName      string  `json:"logGroupName"`
	CreationTime      int64   `json:"creationTime"`
	RetentionInDays   *int    `json:"retentionInDays,omitempty"`
	KMSKeyID          *string `json:"kmsKeyId,omitempty"`
	LogGroupClass     string  `json:"logGroupClass"`
	MetricFilterCount int     `json:"metricFilterCount"`
	StoredBytes       int     `json:"storedBytes"`
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
	limit, err := limited(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	if len(groups) > limit {
		groups = groups[:limit]
		out.NextToken = groups[limit-1].name
	}
	for _, g := range groups {
		g.mu.Lock()
		out.LogGroups = append(out.LogGroups, logGroupOutput{
			ARN: groupARN(g.name) + ":*", LogGroupARN: groupARN(g.name), LogGroupName: g.name, CreationTime: g.created,
			RetentionInDays: g.inputs.retention(), KMSKeyID: g.inputs.KMSKeyID, LogGroupClass: "STANDARD", StoredBytes: g.bytes,
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
	limit, err := limited(in.Limit, 50, 50)
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
		order := strings.Compare(a.LogStreamName, b.LogStreamName)
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
			return nil, errNoToken
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

type createLogStreamInput struct{ LogGroupName, LogStreamName string }

func (s *Service) createLogStream(c *wire.Call, in *createLogStreamInput) (*struct{}, error) {
	if n := len(in.LogStreamName); n == 0 || n > 512 || strings.ContainsAny(in.LogStreamName, ":*") {
		return nil, invalid("logStreamName must have 1 to 512 characters and no : or *, got %q.", in.LogStreamName)
	}
	g, err := s.of(c, target{LogGroupName: in.LogGroupName}, "CreateLogStream", in.LogStreamName)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, g.createStream(in.LogStreamName, s.now())
}

type putLogEventsInput struct {
	LogGroupName, LogStreamName string
	// SequenceToken is ignored by AWS since 2023.
	SequenceToken string
	LogEvents     []struct {
		Timestamp *int64
		Message   *string
	}
}

type rejectedOutput struct {
	TooNewLogEventStartIndex *int `json:"tooNewLogEventStartIndex,omitempty"`
	TooOldLogEventEndIndex   *int `json:"tooOldLogEventEndIndex,omitempty"`
	ExpiredLogEventEndIndex  *int `json:"expiredLogEventEndIndex,omitempty"`
}

type putLogEventsOutput struct {
	NextSequenceToken     string          `json:"nextSequenceToken"`
	RejectedLogEventsInfo *rejectedOutput `json:"rejectedLogEventsInfo,omitempty"`
}

// putLogEvents follows https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
func (s *Service) putLogEvents(c *wire.Call, in *putLogEventsInput) (*putLogEventsOutput, error) {
	g, err := s.of(c, target{LogGroupName: in.LogGroupName}, "PutLogEvents", in.LogStreamName)
	if err != nil {
		return nil, err
	}
	if n := len(in.LogEvents); n < 1 || n > 10_000 {
		return nil, invalid("logEvents must have 1 to 10000 members, got %d.", n)
	}
	now, size, last := s.now(), 0, int64(math.MinInt64)
	for i, e := range in.LogEvents {
		switch {
		case e.Timestamp == nil || e.Message == nil || *e.Message == "":
			return nil, invalid("logEvents[%d]: timestamp and a message that is not empty are required.", i)
		case *e.Timestamp < last:
			return nil, invalid("Log events in a single PutLogEvents request must be in chronological order.")
		case *e.Timestamp-*in.LogEvents[0].Timestamp > (24 * time.Hour).Milliseconds():
			return nil, invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
		}
		last = *e.Timestamp
		size += len(*e.Message) + eventOverhead
	}
	if size > maxEventBytes {
		return nil, invalid("Upload too large: %d bytes exceeds limit of %d", size, maxEventBytes)
	}
	g.mu.Lock()
	expired := g.oldest(now)
	g.mu.Unlock()
	tooOld, tooNew := now-(14*24*time.Hour).Milliseconds(), now+(2*time.Hour).Milliseconds()
	var rejected rejectedOutput
	var accepted []Event
	for i, e := range in.LogEvents {
		switch at := *e.Timestamp; {
		case at < expired:
			rejected.ExpiredLogEventEndIndex = new(i + 1)
		case at < tooOld:
			rejected.TooOldLogEventEndIndex = new(i + 1)
		case at <= tooNew:
			accepted = append(accepted, Event{Time: time.UnixMilli(at), Message: *e.Message})
		case rejected.TooNewLogEventStartIndex == nil:
			rejected.TooNewLogEventStartIndex = new(i)
		}
	}
	out := &putLogEventsOutput{NextSequenceToken: c.RequestID}
	if rejected != (rejectedOutput{}) {
		out.RejectedLogEventsInfo = &rejected
	}
	return out, g.append(in.LogStreamName, accepted, now)
}

func limited(limit *int, standard, most int) (int, error) {
	switch {
	case limit == nil:
		return standard, nil
	case *limit < 1 || *limit > most:
		return 0, invalid("limit must be from 1 to %d, got %d.", most, *limit)
	}
	return *limit, nil
}
