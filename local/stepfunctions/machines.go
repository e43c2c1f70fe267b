package stepfunctions

import (
	"cmp"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

type machineInput struct {
	StateMachineARN string `json:"stateMachineArn"`
	IncludedData    string `json:"includedData"`
}

// machineDescription is what both ways to describe a state machine tell.
type machineDescription struct {
	StateMachineARN string         `json:"stateMachineArn"`
	Name            string         `json:"name"`
	Definition      string         `json:"definition,omitempty"`
	RoleARN         string         `json:"roleArn"`
	RevisionID      string         `json:"revisionId,omitempty"`
	Logging         map[string]any `json:"loggingConfiguration"`
	Tracing         map[string]any `json:"tracingConfiguration"`
}

type describeMachineOutput struct {
	machineDescription
	Status       string `json:"status"`
	Type         string `json:"type"`
	CreationDate epoch  `json:"creationDate"`
}

func (m *machine) describe(r *revision, includedData string) machineDescription {
	l := r.args.logging()
	logging := map[string]any{"level": *l.Level, "includeExecutionData": *l.IncludeExecutionData}
	if l.LogDestination != nil {
		logging["destinations"] = []any{map[string]any{"cloudWatchLogsLogGroup": map[string]any{"logGroupArn": *l.LogDestination}}}
	}
	d := machineDescription{
		StateMachineARN: m.arn, Name: m.name, RoleARN: r.args.RoleARN, RevisionID: r.id,
		Logging: logging, Tracing: map[string]any{"enabled": r.args.tracing()},
	}
	if includedData != "METADATA_ONLY" {
		d.Definition = r.args.Definition
	}
	return d
}

func (s *Service) describeStateMachine(c *wire.Call, in *machineInput) (*describeMachineOutput, error) {
	if err := checkARN(in.StateMachineARN, machineARN("")); err != nil {
		return nil, err
	}
	if err := c.Authorize("states:DescribeStateMachine", in.StateMachineARN); err != nil {
		return nil, err
	}
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return nil, err
	}
	return &describeMachineOutput{m.describe(m.current.Load(), in.IncludedData), active, m.kind, epoch(m.created)}, nil
}

type machineForExecutionOutput struct {
	machineDescription
	UpdateDate epoch `json:"updateDate"`
}

// describeStateMachineForExecution tells of the revision that an execution runs.
func (s *Service) describeStateMachineForExecution(c *wire.Call, in *executionInput) (*machineForExecutionOutput, error) {
	e, err := s.open(c, "DescribeStateMachineForExecution", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
	return &machineForExecutionOutput{e.machine.describe(e.revision, in.IncludedData), epoch(e.revision.updated)}, nil
}

type listMachinesInput struct {
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

type listMachinesOutput struct {
	StateMachines []machineItem `json:"stateMachines"`
	NextToken     string        `json:"nextToken,omitempty"`
}

type machineItem struct {
	StateMachineARN string `json:"stateMachineArn"`
	Name            string `json:"name"`
	Type            string `json:"type"`
	CreationDate    epoch  `json:"creationDate"`

	number int
}

func (s *Service) listStateMachines(c *wire.Call, in *listMachinesInput) (*listMachinesOutput, error) {
	if err := c.Authorize("states:ListStateMachines", machineARN("*")); err != nil {
		return nil, err
	}
	items := []machineItem{}
	s.mu.RLock()
	for _, m := range s.machines {
		items = append(items, machineItem{m.arn, m.name, m.kind, epoch(m.created), m.number})
	}
	s.mu.RUnlock()
	slices.SortFunc(items, func(a, b machineItem) int { return cmp.Compare(a.number, b.number) })
	items, next, err := page(items, in.NextToken, in.MaxResults, false, func(i machineItem) int { return i.number })
	return &listMachinesOutput{items, next}, err
}
