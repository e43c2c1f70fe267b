package stepfunctions

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/order-patterns/order-patterns/local/wire"
)

// maxEvents is how many events an execution's history can have. If it is reached, the last event is ExecutionFailed.
const maxEvents = 25000

// event is an entry of an execution's history:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
type event struct {
	id, previous int
	at           time.Time
	kind         string  // "TaskScheduled"
	details      details // nil for none
}

// details are the members of an event's details, by their names on the wire.
type details = wire.Object

// withData adds data: input or output.
func withData(d details, kind, text string) details {
	d[kind], d[kind+"Details"] = text, wire.Object{"truncated": false}
	return d
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
	n := 500
	for _, v := range e.details {
		text, _ := v.(string)
		n += len(text)
	}
	return n
}

// epoch is a time in the JSON protocol: seconds since 1970.
type epoch time.Time

func (t epoch) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Time(t).UnixMilli())/1000, 'f', 3, 64), nil
}

func (e *event) logLine(executionARN string, redrives int, data bool) string {
	d := details{}
	for name, v := range e.details {
		if data || !slices.Contains([]string{"input", "inputDetails", "output", "outputDetails", "parameters"}, name) {
			d[name] = v
		}
	}
	line, _ := json.Marshal(map[string]any{ // cannot fail
		"id": strconv.Itoa(e.id), "type": e.kind, "details": d, "previous_event_id": strconv.Itoa(e.previous),
		"event_timestamp": strconv.FormatInt(e.at.UnixMilli(), 10), "execution_arn": executionARN, "redrive_count": strconv.Itoa(redrives),
	})
	return string(line)
}
