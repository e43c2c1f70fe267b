package stepfunctions

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/provider"
)

// StateMachineArgs are the inputs of aws:sfn/stateMachine:StateMachine.
type StateMachineArgs struct {
	Name       *string               `pulumi:"name,optional,replace"`
	Definition string                `pulumi:"definition"`
	RoleARN    string                `pulumi:"roleArn"`
	Type       *string               `pulumi:"type,optional,replace"`
	Logging    *LoggingConfiguration `pulumi:"loggingConfiguration,optional"`
	Tracing    *TracingConfiguration `pulumi:"tracingConfiguration,optional"`
	Tags       map[string]string     `pulumi:"tags,optional"`
}

// LoggingConfiguration is what is logged, and to which log group: its ARN, followed by ":*".
type LoggingConfiguration struct {
	IncludeExecutionData *bool   `pulumi:"includeExecutionData,optional"`
	Level                *string `pulumi:"level,optional"` // OFF (default), ERROR, FATAL or ALL
	LogDestination       *string `pulumi:"logDestination,optional"`
}

// TracingConfiguration is whether X-Ray tracing is enabled. Default: false.
type TracingConfiguration struct {
	Enabled *bool `pulumi:"enabled,optional"`
}

type machineState struct {
	StateMachineArgs
	ARN          string            `pulumi:"arn"`
	CreationDate string            `pulumi:"creationDate"`
	RevisionID   string            `pulumi:"revisionId"`
	Status       string            `pulumi:"status"`
	TagsAll      map[string]string `pulumi:"tagsAll"`
}

var machineName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// logging is the logging configuration with its defaults.
func (a *StateMachineArgs) logging() LoggingConfiguration {
	l := LoggingConfiguration{}
	if a.Logging != nil {
		l = *a.Logging
	}
	if l.Level == nil {
		l.Level = new("OFF")
	}
	if l.IncludeExecutionData == nil {
		l.IncludeExecutionData = new(false)
	}
	return l
}

func (a *StateMachineArgs) tracing() bool {
	return a.Tracing != nil && a.Tracing.Enabled != nil && *a.Tracing.Enabled
}

func checkMachine(c *provider.Checker, in *StateMachineArgs) {
	if in.Name != nil && !machineName.MatchString(*in.Name) {
		c.Failf("name", "must be 1 to 80 letters, digits, hyphens and underscores, got %q", *in.Name)
	}
	c.OneOf("type", in.Type, standard, express)
	if !c.Unknown("definition") {
		if _, err := parseDefinition(in.Definition); err != nil {
			c.Failf("definition", "is not accepted: %v", err)
		}
	}
	if !c.Unknown("roleArn") && !strings.HasPrefix(in.RoleARN, "arn:aws:iam::") {
		c.Failf("roleArn", "must be the ARN of a role, got %q", in.RoleARN)
	}
	l := in.logging()
	c.OneOf("loggingConfiguration.level", l.Level, logLevels...)
	if c.Unknown("loggingConfiguration") {
		return
	}
	if l.LogDestination == nil {
		if *l.Level != "OFF" {
			c.Failf("loggingConfiguration.logDestination", "is required unless the level is OFF")
		}
	} else if _, ok := groupOf(*l.LogDestination); !ok {
		c.Failf("loggingConfiguration.logDestination", "must be the ARN of a log group that ends with :*, got %q", *l.LogDestination)
	}
}

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind { return []provider.Kind{s.machineKind()} }

func (s *Service) machineKind() provider.Kind {
	return &provider.Resource[StateMachineArgs, machineState]{
		Type:     "aws:sfn/stateMachine:StateMachine",
		AutoName: &provider.AutoName{Property: "name", Max: 80},
		Check:    checkMachine,
		Create: func(_ context.Context, in *StateMachineArgs) (string, *machineState, error) {
			r, err := s.newRevision(in, "")
			if err != nil {
				return "", nil, err
			}
			m := &machine{arn: machineARN(*in.Name), name: *in.Name, kind: standard, created: r.updated}
			if in.Type != nil {
				m.kind = *in.Type
			}
			m.current.Store(r)
			s.mu.Lock()
			defer s.mu.Unlock()
			// AWS returns an existing machine with the same properties. Two owners of one machine are refused here.
			if s.machines[m.arn] != nil {
				return "", nil, refuse("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.arn)
			}
			s.numbers++
			m.number = s.numbers
			s.machines[m.arn] = m
			return m.arn, m.state(), nil
		},
		Read: func(_ context.Context, id string) (*machineState, error) {
			if m, err := s.machine(id); err == nil {
				return m.state(), nil
			}
			return nil, nil
		},
		Update: func(_ context.Context, id string, in *StateMachineArgs) (*machineState, error) {
			m, err := s.machine(id)
			if err != nil {
				return nil, err
			}
			if _, err := s.update(m, in); err != nil {
				return nil, err
			}
			return m.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			if m, err := s.machine(id); err == nil {
				s.deleteMachine(m)
			}
			return nil
		},
	}
}

// state is what the AWS provider would show: the inputs with AWS's defaults, and the outputs.
func (m *machine) state() *machineState {
	r := m.current.Load()
	in := r.args
	l := in.logging()
	in.Type, in.Logging, in.Tracing = &m.kind, &l, &TracingConfiguration{Enabled: new(in.tracing())}
	return &machineState{
		StateMachineArgs: in, ARN: m.arn, CreationDate: m.created.UTC().Format(time.RFC3339), RevisionID: r.id,
		Status: active, TagsAll: in.Tags,
	}
}
