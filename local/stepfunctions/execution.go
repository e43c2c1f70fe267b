package stepfunctions

import (
	"context"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Statuses of an execution.
const (
	running   = "RUNNING"
	succeeded = "SUCCEEDED"
	failed    = "FAILED"
	timedOut  = "TIMED_OUT"
	aborted   = "ABORTED"
)

// maxDuration is how long executions can run: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
var maxDuration = map[string]time.Duration{standard: 365 * 24 * time.Hour, express: 5 * time.Minute}

// execution is one run of a revision of a state machine.
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

	// ctx ends when the execution closes.
	ctx    context.Context
	cancel context.CancelFunc
	limit  clockwork.Timer

	// principal is a session of the role, once a task needed one. Only the run uses it.
	principal *policy.Principal

	mu      sync.Mutex
	status  string
	stopped time.Time
	output  *string
	failure failure
	last    int // id of the newest event
	events  []event
	size    int
}

// start records the first event. The caller holds the lock.
func (e *execution) start() {
	e.ctx, e.cancel = context.WithCancel(e.service.ctx)
	e.limit = e.service.account.Clock.AfterFunc(e.revision.limit(e.machine.kind), func() { e.stop(timedOut, "ExecutionTimedOut", &failure{}) })
	e.add(event{kind: "ExecutionStarted", details: withInput(details{RoleARN: e.revision.args.RoleARN}, e.input)})
}

// kept is about what the execution takes in memory once it is closed.
func (e *execution) kept() int { return e.size + 2*len(e.input) }

// record adds an event that follows the last one, and returns its id, or 0 if the execution does not run any more:
// what happens after it was closed is not part of it.
func (e *execution) record(kind string, d *details) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status != running {
		return 0
	}
	if e.last == maxEvents-1 && e.machine.kind == standard {
		e.end(failed, "ExecutionFailed", &failure{Name: errorRuntime, Cause: "The execution reached the maximum number of history events (25000)."})
		return 0
	}
	previous := e.last
	if e.last == 1 {
		previous = 0 // that the execution started precedes no state's entry
	}
	e.add(event{previous: previous, kind: kind, details: d})
	return e.last
}

// add appends an event. The caller holds the lock.
func (e *execution) add(ev event) {
	e.last++
	ev.id, ev.at = e.last, e.service.account.Clock.Now()
	e.service.log(e, &ev)
	if e.machine.kind == standard { // AWS keeps no history of the others
		e.events = append(e.events, ev)
		e.size += ev.size()
	}
}

// succeed closes the execution with its output.
func (e *execution) succeed(output string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status != running {
		return
	}
	e.output = &output
	e.add(event{previous: e.last, kind: "ExecutionSucceeded", details: withOutput(details{}, output)})
	e.close(succeeded)
}

// stop closes the execution in any other way, unless it is closed already, and tells when it was.
func (e *execution) stop(status, kind string, f *failure) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == running {
		e.end(status, kind, f)
	}
	return e.stopped
}

// end records a failure and closes. The caller holds the lock.
func (e *execution) end(status, kind string, f *failure) {
	e.failure = *f
	previous := 0 // what comes from outside follows nothing
	if status == failed {
		previous = e.last
	}
	e.add(event{previous: previous, kind: kind, details: &details{Error: f.Name, Cause: f.Cause}})
	e.close(status)
}

// close ends whatever the execution waits for. The caller holds the lock.
func (e *execution) close(status string) {
	e.status, e.stopped = status, e.service.account.Clock.Now()
	e.cancel()
	e.service.ended(e)
}
