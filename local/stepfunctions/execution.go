package stepfunctions

import (
	"context"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Statuses of an execution.
const (
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMED_OUT"
	aborted   = "ABORTED"
)

var statuses = []string{running, succeeded, failed, timedOut, aborted}

// ends are the statuses in the names of events and metrics.
var ends = map[string]string{succeeded: "Succeeded", failed: "Failed", timedOut: "TimedOut", aborted: "Aborted"}

// maxDuration is how long executions can run: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
var maxDuration = map[string]time.Duration{standard: 365 * 24 * time.Hour, express: 5 * time.Minute}

type execution struct {
	service   *Service
	machine   *machine
	revision  *revision
	arn, name string
	input     string
	data      any // the input, parsed
	started   time.Time
	trace     trace
	number    int // in the order of starting

	// place is where the execution is. Only its goroutine uses it, which closes finished at its end.
	place    place
	finished chan struct{}

	// ctx ends when the execution closes.
	ctx    context.Context
	cancel context.CancelFunc
	limit  clockwork.Timer

	// principal is a session of the role. It is nil until a task needs it. Only the execution's goroutine uses it.
	principal *policy.Principal

	mu       sync.Mutex
	status   string
	stopped  time.Time
	output   *string
	failure  failure
	last     int // id of the newest event
	redrives int
	redriven time.Time // the last time
	events   []event
	size     int // of events, in bytes
}

type place struct {
	state   *state
	data    any
	text    string // the data as JSON
	event   int    // id of the event StateEntered; 0 if the state was not entered yet
	entered time.Time
}

// begin records an event, starts the timeout, and runs the execution. The caller holds the locks of the execution and of the
// service.
func (e *execution) begin(kind string, d details) {
	s := e.service
	e.status, e.finished = running, make(chan struct{})
	e.ctx, e.cancel = context.WithCancel(s.ctx)
	e.limit = s.account.Clock.AfterFunc(e.revision.timeout(e.machine.kind), func() { e.stop(timedOut, &failure{}) })
	e.add(event{previous: e.last, kind: kind, details: d})
	s.running[e] = true
	s.background.Add(1)
	go s.run(e)
}

func (e *execution) memory() int { return e.size + 2*len(e.input) }

// record adds an event that follows the last one and returns its id. It returns 0 if the execution has closed. Nothing
// that happens after that is recorded.
func (e *execution) record(kind string, d details) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status != running {
		return 0
	}
	if e.last == maxEvents-1 && e.machine.kind == standard {
		e.end(failed, &failure{Name: errorRuntime, Cause: "The execution reached the maximum number of history events (25000)."})
		return 0
	}
	previous := e.last
	if e.last == 1 {
		previous = 0 // as on AWS, the first state's entry does not follow ExecutionStarted
	}
	e.add(event{previous: previous, kind: kind, details: d})
	return e.last
}

// add appends an event. The caller holds the lock.
func (e *execution) add(ev event) {
	e.last++
	ev.id, ev.at = e.last, e.service.account.Clock.Now()
	e.service.log(e, &ev)
	if e.machine.kind == standard { // AWS keeps no history of Express executions
		e.events = append(e.events, ev)
		e.size += ev.size()
	}
}

func (e *execution) succeed(output string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status != running {
		return
	}
	e.output = &output
	e.add(event{previous: e.last, kind: "ExecutionSucceeded", details: withData(details{}, "output", output)})
	e.close(succeeded)
}

// stop closes the execution with any other status than SUCCEEDED, unless it has closed already.
func (e *execution) stop(status string, f *failure) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == running {
		e.end(status, f)
	}
}

// end records a failure and closes. The caller holds the lock.
func (e *execution) end(status string, f *failure) {
	e.failure = *f
	previous := 0 // a timeout or an abort follows no event
	if status == failed {
		previous = e.last
	}
	e.add(event{previous: previous, kind: "Execution" + ends[status], details: f.details()})
	e.close(status)
}

// close ends what the execution waits for. The caller holds the lock.
func (e *execution) close(status string) {
	e.status, e.stopped = status, e.service.account.Clock.Now()
	e.publish(account.Count("Executions"+ends[status], 1), account.Milliseconds("ExecutionTime", e.stopped.Sub(e.started)))
	e.cancel()
	e.service.ended(e)
}

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
	if i := strings.Index(name, "State"); i > 0 { // TaskStateEntered
		name = name[i:]
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
	maps.Copy(d, e.details)
	if !data {
		for _, name := range []string{"input", "inputDetails", "output", "outputDetails", "parameters"} {
			delete(d, name)
		}
	}
	line, _ := json.Marshal(map[string]any{ // cannot fail
		"id": strconv.Itoa(e.id), "type": e.kind, "details": d, "previous_event_id": strconv.Itoa(e.previous),
		"event_timestamp": strconv.FormatInt(e.at.UnixMilli(), 10), "execution_arn": executionARN, "redrive_count": strconv.Itoa(redrives),
	})
	return string(line)
}
