package stepfunctions

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Limits of the closed executions that are kept.
const (
	maxClosed     = 10000
	maxClosedSize = 256 << 20 // bytes
)

const maxName = 80

// forbiddenInName matches the characters that the name of an execution must not have.
var forbiddenInName = regexp.MustCompile(`[\s<>{}\[\]?*"#%\\^|~` + "`" + `$&,;:/\x00-\x1f\x7f-\x{9f}\x{fffe}\x{ffff}]`)

var errClosing = wire.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is closing")

// start runs a new execution. If a Standard execution with the same name and input is running, it returns the ARN and
// start time of that one.
func (s *Service) start(m *machine, name, input string, data any, traceHeader string) (arn string, started time.Time, err error) {
	e := &execution{service: s, machine: m, revision: m.current.Load(), name: name, input: input, data: data, status: running}
	e.place = place{state: e.revision.definition.States[e.revision.definition.StartAt], data: data, text: input}
	e.trace = s.newTrace(e.revision, traceHeader)
	if m.kind == express {
		e.arn = account.ARN(signingName, "express:"+m.name+":"+name+":"+uuid.NewString())
	} else {
		e.arn = account.ARN(signingName, "execution:"+m.name+":"+name)
	}
	e.mu.Lock() // until the first event is recorded
	defer e.mu.Unlock()
	s.mu.Lock()
	if other := s.executions[e.arn]; other != nil {
		s.mu.Unlock()
		other.mu.Lock()
		defer other.mu.Unlock()
		if other.status != running || other.input != e.input {
			return "", started, refuse("ExecutionAlreadyExists", "Execution Already Exists: '%s'", e.arn)
		}
		return e.arn, other.started, nil
	}
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return "", started, errClosing
	case s.machines[m.arn] != m:
		return "", started, machineDoesNotExist(m.arn)
	}
	s.numbers++
	e.number, e.started = s.numbers, s.account.Clock.Now()
	e.publish(account.Count("ExecutionsStarted", 1))
	e.begin("ExecutionStarted", withData(details{"roleArn": e.revision.args.RoleARN}, "input", input))
	if m.kind == standard {
		s.executions[e.arn] = e
	}
	return e.arn, e.started, nil
}

// executionsOf returns the executions of a machine that are kept, in no order.
func (s *Service) executionsOf(m *machine) (list []*execution) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, e := range s.executions {
		if e.machine == m {
			list = append(list, e)
		}
	}
	return list
}

func (s *Service) ended(e *execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, e)
	if s.executions[e.arn] != e {
		return // an Express execution, or its machine was deleted
	}
	s.closed = append(s.closed, e)
	s.closedSize += e.memory()
	for len(s.closed) > maxClosed || s.closedSize > maxClosedSize {
		s.closedSize -= s.closed[0].memory()
		delete(s.executions, s.closed[0].arn)
		s.closed[0], s.closed = nil, s.closed[1:]
	}
}

// deleteMachine deletes a state machine with its executions. Running ones are aborted.
func (s *Service) deleteMachine(_ context.Context, m *machine) error {
	s.mu.Lock()
	delete(s.machines, m.arn)
	var open []*execution
	for e := range s.running {
		if e.machine == m {
			open = append(open, e)
		}
	}
	s.closed = slices.DeleteFunc(s.closed, func(e *execution) bool { return e.machine == m })
	s.closedSize = 0
	for _, e := range s.closed {
		s.closedSize += e.memory()
	}
	maps.DeleteFunc(s.executions, func(_ string, e *execution) bool { return e.machine == m })
	s.mu.Unlock()
	for _, e := range open {
		e.stop(aborted, &failure{})
	}
	return nil
}

// redrivable is how long after its end an execution can be redriven.
const redrivable = 14 * 24 * time.Hour

// notRedrivable is why an execution cannot be redriven, in the words of DescribeExecution; empty if it can. The caller holds
// the lock.
func (e *execution) notRedrivable() string {
	now := e.service.account.Clock.Now()
	switch {
	case e.status == running || e.status == succeeded:
		return "Execution is " + e.status + " and cannot be redriven"
	case e.last >= maxEvents-1:
		return "Execution history event limit exceeded"
	case now.Sub(e.stopped) > redrivable:
		return "Execution redrivable period exceeded"
	}
	return ""
}

type redriveInput struct {
	executionInput
	// ClientToken is not remembered: an execution that was just redriven runs, and cannot be redriven.
	ClientToken string `json:"clientToken"`
}

// redriveExecution continues an execution from the state in which it failed, timed out or was aborted, with the same input of
// that state: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
func (s *Service) redriveExecution(_ *wire.Call, e *execution, _ *redriveInput) (wire.Object, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for waited := false; !waited; {
		if reason := e.notRedrivable(); reason != "" {
			return nil, refuse("ExecutionNotRedrivable", "%s", reason)
		}
		select {
		case <-e.finished:
			waited = true
		default: // it is closed, and about to stop
			finished := e.finished
			e.mu.Unlock()
			<-finished
			e.mu.Lock()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return nil, errClosing
	case s.executions[e.arn] != e:
		return nil, executionDoesNotExist(e.arn)
	}
	s.closed = slices.DeleteFunc(s.closed, func(other *execution) bool { return other == e })
	s.closedSize -= e.memory()
	e.redrives, e.redriven = e.redrives+1, s.account.Clock.Now()
	e.failure = failure{}
	e.begin("ExecutionRedriven", details{"redriveCount": e.redrives})
	return wire.Object{"redriveDate": epoch(e.redriven)}, nil
}
