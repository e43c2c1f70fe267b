package stepfunctions

import (
	"sync/atomic"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

const active = "ACTIVE" // the only status of a state machine

// machine is a state machine.
type machine struct {
	arn, name, kind string
	created         time.Time
	current         atomic.Pointer[revision]
}

// revision is one version of a state machine's properties. An execution keeps the revision that it started with.
type revision struct {
	id         string // empty for the first
	args       StateMachineArgs
	definition *definition
	logs       *logSettings // nil if logging is off
	updated    time.Time
}

// newRevision validates what can only be validated when the machine is created or updated: the role can be assumed, and
// may deliver logs.
func (s *Service) newRevision(in *StateMachineArgs, id string) (*revision, error) {
	d, err := parseDefinition(in.Definition)
	if err != nil {
		return nil, err
	}
	role, err := s.assume(in)
	if err != nil {
		return nil, err
	}
	settings, err := s.logSettings(in, role)
	if err != nil {
		return nil, err
	}
	return &revision{id: id, args: *in, definition: d, logs: settings, updated: s.account.Clock.Now()}, nil
}

// timeout is how long an execution may run.
func (r *revision) timeout(kind string) time.Duration {
	limit := maxDuration[kind]
	if d := r.definition.timeout; d > 0 && d < limit {
		return d
	}
	return limit
}

func machineARN(name string) string { return account.ARN(signingName, "stateMachine:"+name) }

func (s *Service) machine(arn string) (*machine, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m := s.machines[arn]
	if m == nil {
		return nil, machineDoesNotExist(arn)
	}
	return m, nil
}
