package stepfunctions

import (
	"sync/atomic"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// machine is a state machine.
type machine struct {
	arn, name, kind string
	created         time.Time
	number          int // in the order of creation
	current         atomic.Pointer[revision]
}

// revision is a state machine as it was created, or updated. Executions go on with the one that they began with.
type revision struct {
	id         string // empty for the first
	args       StateMachineArgs
	definition *definition
	logs       *logSettings // nil if it does not log
	updated    time.Time
}

// limit is how long executions may run.
func (r *revision) limit(kind string) time.Duration {
	limit := maxDuration[kind]
	if d := r.definition.timeout; d > 0 && d < limit {
		return d
	}
	return limit
}

func machineARN(name string) string { return account.ARN(signingName, "stateMachine:"+name) }

func machineGone(arn string) error {
	return refuse("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

func (s *Service) machine(arn string) (*machine, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m := s.machines[arn]
	if m == nil {
		return nil, machineGone(arn)
	}
	return m, nil
}

// remove deletes a state machine: its running executions are aborted, and all are forgotten.
func (s *Service) remove(arn string) {
	s.mu.Lock()
	m := s.machines[arn]
	delete(s.machines, arn)
	var open []*execution
	for e := range s.running {
		if e.machine == m {
			open = append(open, e)
		}
	}
	kept := s.closed[:0:0]
	for _, e := range s.closed {
		if e.machine != m {
			kept = append(kept, e)
		} else {
			s.closedSize -= e.kept()
		}
	}
	s.closed = kept
	for arn, e := range s.executions {
		if e.machine == m {
			delete(s.executions, arn)
		}
	}
	s.mu.Unlock()
	for _, e := range open {
		e.stop(aborted, "ExecutionAborted", &failure{})
	}
}
