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
	retention     = 90 * 24 * time.Hour
)

// maxName is the longest name of an execution, in characters.
const maxName = 80

// forbiddenInName matches the characters that the name of an execution must not have.
var forbiddenInName = regexp.MustCompile(`[\s<>{}\[\]?*"#%\\^|~` + "`" + `$&,;:/\x00-\x1f\x7f-\x{9f}\x{fffe}\x{ffff}]`)

// start runs a new execution. If a Standard execution with the same name and input is running, it returns the ARN and
// start time of that one.
func (s *Service) start(m *machine, name, input string, data any, traceHeader string) (arn string, started time.Time, err error) {
	e := &execution{service: s, machine: m, revision: m.current.Load(), name: name, input: input, data: data, status: running}
	e.place = place{state: e.revision.definition.start, data: data, text: input}
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
		return "", started, wire.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is closing")
	case s.machines[m.arn] != m:
		return "", started, machineDoesNotExist(m.arn)
	}
	s.numbers++
	e.number, e.started = s.numbers, s.account.Clock.Now()
	e.publish(account.Count("ExecutionsStarted", 1))
	e.begin("ExecutionStarted", withInput(details{RoleARN: e.revision.args.RoleARN}, input))
	if m.kind == standard {
		s.executions[e.arn] = e
	}
	return e.arn, e.started, nil
}

// executionsOf returns the executions of a machine that are kept, in no order.
func (s *Service) executionsOf(m *machine) (list []*execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleteOld()
	for _, e := range s.executions {
		if e.machine == m {
			list = append(list, e)
		}
	}
	return list
}

// ended adds an execution to the closed ones.
func (s *Service) ended(e *execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, e)
	if s.executions[e.arn] != e {
		return // an Express execution, or its machine was deleted
	}
	s.closed = append(s.closed, e)
	s.closedSize += e.memory()
	s.deleteOld()
}

// deleteOld deletes the oldest closed executions until the others are within the limits. The caller holds the lock.
func (s *Service) deleteOld() {
	oldest := s.account.Clock.Now().Add(-retention)
	n := 0
	for _, e := range s.closed {
		if len(s.closed)-n <= maxClosed && s.closedSize <= maxClosedSize && e.stopped.After(oldest) {
			break
		}
		s.closedSize -= e.memory()
		delete(s.executions, e.arn)
		s.closed[n] = nil
		n++
	}
	s.closed = s.closed[n:]
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
