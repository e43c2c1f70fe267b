package stepfunctions

import (
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/wire"
)

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
	Tracing *struct {
		Enabled *bool `json:"enabled"`
	} `json:"tracingConfiguration"`
}

type updateMachineOutput struct {
	UpdateDate epoch  `json:"updateDate"`
	RevisionID string `json:"revisionId"`
}

// updateStateMachine changes what is given and leaves the rest:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html
func (s *Service) updateStateMachine(c *wire.Call, in *updateMachineInput) (*updateMachineOutput, error) {
	if err := checkARN(in.StateMachineARN, machineARN("")); err != nil {
		return nil, err
	}
	if err := c.Authorize("states:UpdateStateMachine", in.StateMachineARN); err != nil {
		return nil, err
	}
	m, err := s.machine(in.StateMachineARN)
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
		args.Logging = &LoggingConfiguration{Level: l.Level, IncludeExecutionData: l.IncludeExecutionData}
		if len(l.Destinations) > 1 {
			return nil, refuse("InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.")
		}
		for _, d := range l.Destinations {
			args.Logging.LogDestination = &d.Logs.ARN
		}
	}
	if in.Tracing != nil {
		args.Tracing = &TracingConfiguration{Enabled: in.Tracing.Enabled}
	}
	r, err := s.newRevision(&args, uuid.NewString())
	if err != nil {
		return nil, err
	}
	m.current.Store(r)
	return &updateMachineOutput{epoch(r.updated), r.id}, nil
}
