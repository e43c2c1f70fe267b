package stepfunctions

import (
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/wire"
)

type machineInput struct {
	StateMachineARN string `json:"stateMachineArn"`
}

func (in machineInput) Target() string { return in.StateMachineARN }

func (s *Service) openMachine(c *wire.Call, arn string) (*machine, error) {
	if err := checkARN(arn, machineARN("")); err != nil {
		return nil, err
	}
	if err := c.Authorize("states:"+c.Operation, arn); err != nil {
		return nil, err
	}
	return s.machine(arn)
}

func (m *machine) item() wire.Object {
	return wire.Object{"stateMachineArn": m.arn, "name": m.name, "type": m.kind, "creationDate": epoch(m.created)}
}

func describeStateMachine(_ *wire.Call, m *machine, _ *machineInput) (wire.Object, error) {
	r := m.current.Load()
	l := r.args.logging()
	logging := wire.Object{"level": *l.Level, "includeExecutionData": *l.IncludeExecutionData}
	if l.LogDestination != nil {
		logging["destinations"] = []any{wire.Object{"cloudWatchLogsLogGroup": wire.Object{"logGroupArn": *l.LogDestination}}}
	}
	return m.item().With(wire.Object{
		"status": active, "definition": r.args.Definition, "roleArn": r.args.RoleARN, "revisionId": r.id,
		"loggingConfiguration": logging, "tracingConfiguration": wire.Object{"enabled": r.args.tracing()},
	}), nil
}

// listStateMachines returns all state machines, by name: there are no pages.
func (s *Service) listStateMachines(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Object{"stateMachines": wire.List(s.machines, (*machine).item)}, nil
}

type updateMachineInput struct {
	machineInput
	Definition *string `json:"definition"`
	RoleARN    *string `json:"roleArn"`
	Logging    *struct {
		Level                *string `json:"level"`
		IncludeExecutionData *bool   `json:"includeExecutionData"`
		Destinations         []struct {
			Logs struct {
				ARN string `json:"logGroupArn"`
			} `json:"cloudWatchLogsLogGroup"`
		} `json:"destinations"`
	} `json:"loggingConfiguration"`
}

// updateStateMachine changes the given properties:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
func (s *Service) updateStateMachine(_ *wire.Call, m *machine, in *updateMachineInput) (wire.Object, error) {
	if in.Definition == nil && in.RoleARN == nil {
		return nil, refuse("MissingRequiredParameter", "Either the definition or the role ARN must be specified")
	}
	if in.Logging != nil && len(in.Logging.Destinations) > 1 {
		return nil, invalidLogging("Must specify exactly one Log Destination.")
	}
	r, err := s.update(m, func(args *StateMachineArgs) {
		if in.Definition != nil {
			args.Definition = *in.Definition
		}
		if in.RoleARN != nil {
			args.RoleARN = *in.RoleARN
		}
		if l := in.Logging; l != nil {
			args.Logging = &LoggingConfiguration{Level: l.Level, IncludeExecutionData: l.IncludeExecutionData}
			for _, d := range l.Destinations {
				args.Logging.LogDestination = &d.Logs.ARN
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return wire.Object{"updateDate": epoch(r.updated), "revisionId": r.id}, nil
}

// update makes a revision of a machine with changed properties.
func (s *Service) update(m *machine, change func(*StateMachineArgs)) (*revision, error) {
	for {
		old := m.current.Load()
		args := old.args
		change(&args)
		r, err := s.newRevision(&args, uuid.NewString())
		if err != nil || m.current.CompareAndSwap(old, r) { // another update may have been faster
			return r, err
		}
	}
}
