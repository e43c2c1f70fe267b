package stepfunctions

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/wire"
)

// openMachine authorizes an action on a state machine and returns it.
func (s *Service) openMachine(c *wire.Call, action, arn string) (*machine, error) {
	if err := checkARN(arn, machineARN("")); err != nil {
		return nil, err
	}
	if err := c.Authorize("states:"+action, arn); err != nil {
		return nil, err
	}
	return s.machine(arn)
}

// machineItem is a state machine in a list.
type machineItem struct {
	StateMachineARN string `json:"stateMachineArn"`
	Name            string `json:"name"`
	Type            string `json:"type"`
	CreationDate    epoch  `json:"creationDate"`
}

func (m *machine) item() machineItem {
	return machineItem{m.arn, m.name, m.kind, epoch(m.created)}
}

type machineInput struct {
	StateMachineARN string `json:"stateMachineArn"`
}

type describeMachineOutput struct {
	machineItem
	Status     string         `json:"status"`
	Definition string         `json:"definition"`
	RoleARN    string         `json:"roleArn"`
	RevisionID string         `json:"revisionId,omitempty"`
	Logging    map[string]any `json:"loggingConfiguration"`
	Tracing    map[string]any `json:"tracingConfiguration"`
}

func (s *Service) describeStateMachine(c *wire.Call, in *machineInput) (*describeMachineOutput, error) {
	m, err := s.openMachine(c, "DescribeStateMachine", in.StateMachineARN)
	if err != nil {
		return nil, err
	}
	r := m.current.Load()
	l := r.args.logging()
	logging := map[string]any{"level": *l.Level, "includeExecutionData": *l.IncludeExecutionData}
	if l.LogDestination != nil {
		logging["destinations"] = []any{map[string]any{"cloudWatchLogsLogGroup": map[string]any{"logGroupArn": *l.LogDestination}}}
	}
	return &describeMachineOutput{
		machineItem: m.item(), Status: active, Definition: r.args.Definition, RoleARN: r.args.RoleARN, RevisionID: r.id,
		Logging: logging, Tracing: map[string]any{"enabled": r.args.tracing()},
	}, nil
}

type listMachinesOutput struct {
	StateMachines []machineItem `json:"stateMachines"`
}

// listStateMachines returns all state machines, by name: there are no pages.
func (s *Service) listStateMachines(c *wire.Call, _ *struct{}) (*listMachinesOutput, error) {
	if err := c.Authorize("states:ListStateMachines", machineARN("*")); err != nil {
		return nil, err
	}
	items := []machineItem{}
	s.mu.RLock()
	for _, m := range s.machines {
		items = append(items, m.item())
	}
	s.mu.RUnlock()
	slices.SortFunc(items, func(a, b machineItem) int { return cmp.Compare(a.Name, b.Name) })
	return &listMachinesOutput{items}, nil
}

type updateMachineInput struct {
	StateMachineARN string  `json:"stateMachineArn"`
	Definition      *string `json:"definition"`
	RoleARN         *string `json:"roleArn"`
	Logging         *struct {
		Level                *string `json:"level"`
		IncludeExecutionData *bool   `json:"includeExecutionData"`
		Destinations         []struct {
			Logs struct {
				ARN string `json:"logGroupArn"`
			} `json:"cloudWatchLogsLogGroup"`
		} `json:"destinations"`
	} `json:"loggingConfiguration"`
}

type updateMachineOutput struct {
	UpdateDate epoch  `json:"updateDate"`
	RevisionID string `json:"revisionId"`
}

// updateStateMachine changes the given properties:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
func (s *Service) updateStateMachine(c *wire.Call, in *updateMachineInput) (*updateMachineOutput, error) {
	m, err := s.openMachine(c, "UpdateStateMachine", in.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if in.Definition == nil && in.RoleARN == nil {
		return nil, refuse("MissingRequiredParameter", "Either the definition or the role ARN must be specified")
	}
	args := m.current.Load().args
	if in.Definition != nil {
		args.Definition = *in.Definition
	}
	if in.RoleARN != nil {
		args.RoleARN = *in.RoleARN
	}
	if l := in.Logging; l != nil {
		if len(l.Destinations) > 1 {
			return nil, invalidLogging("Must specify exactly one Log Destination.")
		}
		args.Logging = &LoggingConfiguration{Level: l.Level, IncludeExecutionData: l.IncludeExecutionData}
		for _, d := range l.Destinations {
			args.Logging.LogDestination = &d.Logs.ARN
		}
	}
	r, err := s.update(m, &args)
	if err != nil {
		return nil, err
	}
	return &updateMachineOutput{epoch(r.updated), r.id}, nil
}

// update gives a state machine a new revision.
func (s *Service) update(m *machine, args *StateMachineArgs) (*revision, error) {
	r, err := s.newRevision(args, uuid.NewString())
	if err != nil {
		return nil, err
	}
	m.current.Store(r)
	return r, nil
}
