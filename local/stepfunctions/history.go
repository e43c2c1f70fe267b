package stepfunctions

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxEvents is how many events an execution's history can have. If it is reached, the last event is ExecutionFailed.
const maxEvents = 25000

// event is an entry of an execution's history:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
type event struct {
	id, previous int
	at           time.Time
	kind         string // "TaskScheduled"
	details      *details
}

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
	RedriveCount   int        `json:"redriveCount,omitempty"`
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

func (d *details) withoutData() *details {
	bare := *d
	bare.Input, bare.InputDetails, bare.Output, bare.OutputDetails, bare.Parameters = nil, nil, nil, nil, nil
	return &bare
}

func (e *event) output() map[string]any {
	m := map[string]any{"id": e.id, "previousEventId": e.previous, "timestamp": epoch(e.at), "type": e.kind}
	if e.details != nil {
		m[e.detailsKey()] = e.details
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

// epoch is a time in the JSON protocol: seconds since 1970.
type epoch time.Time

func (t epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64), nil
}

func (e *event) logLine(executionARN string, redrives int, data bool) string {
	d := &details{}
	if e.details != nil {
		d = e.details
	}
	if !data {
		d = d.withoutData()
	}
	line, _ := json.Marshal(map[string]any{ // cannot fail
		"id": strconv.Itoa(e.id), "type": e.kind, "details": d, "previous_event_id": strconv.Itoa(e.previous),
		"event_timestamp": strconv.FormatInt(e.at.UnixMilli(), 10), "execution_arn": executionARN, "redrive_count": strconv.Itoa(redrives),
	})
	return string(line)
}
