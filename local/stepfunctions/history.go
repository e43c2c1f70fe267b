package stepfunctions

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxEvents is how many events an execution's history can have. The last of them is the failure for want of more.
const maxEvents = 25000

// event is an entry of an execution's history:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
type event struct {
	id, previous int
	at           time.Time
	kind         string // "TaskScheduled"
	details      *details
}

// details are what an event tells, of whatever kind it is.
type details struct {
	Name           string     `json:"name,omitempty"`
	Input          *string    `json:"input,omitempty"`
	InputDetails   *truncated `json:"inputDetails,omitempty"`
	Output         *string    `json:"output,omitempty"`
	OutputDetails  *truncated `json:"outputDetails,omitempty"`
	RoleARN        string     `json:"roleArn,omitempty"`
	ResourceType   string     `json:"resourceType,omitempty"`
	Resource       string     `json:"resource,omitempty"`
	Region         string     `json:"region,omitempty"`
	Parameters     *string    `json:"parameters,omitempty"`
	TimeoutSeconds int        `json:"timeoutInSeconds,omitempty"`
	Error          string     `json:"error,omitempty"`
	Cause          string     `json:"cause,omitempty"`
}

type truncated struct {
	Truncated bool `json:"truncated"`
}

var whole = &truncated{}

func withInput(d details, text string) *details {
	d.Input, d.InputDetails = &text, whole
	return &d
}

func withOutput(d details, text string) *details {
	d.Output, d.OutputDetails = &text, whole
	return &d
}

// withoutData is what is told to who must not see, or does not want, the data of executions.
func (d *details) withoutData() *details {
	if d == nil || d.Input == nil && d.Output == nil && d.Parameters == nil {
		return d
	}
	bare := *d
	bare.Input, bare.InputDetails, bare.Output, bare.OutputDetails, bare.Parameters = nil, nil, nil, nil, nil
	return &bare
}

// render is the event as GetExecutionHistory shows it.
func (e *event) render(data bool) map[string]any {
	m := map[string]any{"id": e.id, "previousEventId": e.previous, "timestamp": epoch(e.at), "type": e.kind}
	if e.details != nil {
		d := e.details
		if !data {
			d = d.withoutData()
		}
		m[e.detailsKey()] = d
	}
	return m
}

func (e *event) detailsKey() string {
	name := e.kind
	for _, suffix := range []string{"StateEntered", "StateExited"} {
		if strings.HasSuffix(name, suffix) {
			name = suffix
		}
	}
	return string(unicode.ToLower(rune(name[0]))) + name[1:] + "EventDetails"
}

// size is about what the event takes in memory.
func (e *event) size() int {
	n := 200
	if d := e.details; d != nil {
		for _, text := range []*string{d.Input, d.Output, d.Parameters} {
			if text != nil {
				n += len(*text)
			}
		}
		n += len(d.Cause)
	}
	return n
}

// epoch is a time as the protocol has it, in seconds.
type epoch time.Time

func (t epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64), nil
}

// logged is the event as Step Functions writes it to a log group.
func (e *event) logged(executionARN string, data bool) string {
	d := e.details
	if !data {
		d = d.withoutData()
	}
	if d == nil {
		d = &details{}
	}
	line, _ := json.Marshal(map[string]any{ // nothing in it can fail
		"id": strconv.Itoa(e.id), "type": e.kind, "details": d, "previous_event_id": strconv.Itoa(e.previous),
		"event_timestamp": strconv.FormatInt(e.at.UnixMilli(), 10), "execution_arn": executionARN, "redrive_count": "0",
	})
	return string(line)
}
