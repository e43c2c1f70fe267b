package stepfunctions

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

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
	Publish    *bool                 `pulumi:"publish,optional"`
	Tags       map[string]string     `pulumi:"tags,optional"`
}

// LoggingConfiguration tells what is logged and where: to the log group of an ARN that ends with ":*".
type LoggingConfiguration struct {
	IncludeExecutionData *bool   `pulumi:"includeExecutionData,optional"`
	Level                *string `pulumi:"level,optional"` // OFF, the default, ERROR, FATAL or ALL
	LogDestination       *string `pulumi:"logDestination,optional"`
}

// TracingConfiguration tells whether X-Ray is active.
type TracingConfiguration struct {
	Enabled *bool `pulumi:"enabled,optional"`
}

type machineState struct {
	StateMachineArgs
	ARN                string            `pulumi:"arn"`
	CreationDate       string            `pulumi:"creationDate"`
	Description        string            `pulumi:"description"`
	RevisionID         string            `pulumi:"revisionId"`
	VersionARN         string            `pulumi:"stateMachineVersionArn"`
	VersionDescription string            `pulumi:"versionDescription"`
	Status             string            `pulumi:"status"`
	TagsAll            map[string]string `pulumi:"tagsAll"`
}

const active = "ACTIVE"

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
	if in.Publish != nil && *in.Publish {
		c.Failf("publish", "must not be true: the embedded cloud has no versions of state machines")
	}
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
			// AWS answers with the machine that exists if all is the same; two owners of one machine are refused here.
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
			r, err := s.newRevision(in, uuid.NewString())
			if err != nil {
				return nil, err
			}
			m.current.Store(r)
			return m.state(), nil
		},
		Delete: func(_ context.Context, id string) error {
			s.remove(id)
			return nil
		},
	}
}

// newRevision checks what can only be checked when the machine is made: that its role can be assumed, and may log.
func (s *Service) newRevision(in *StateMachineArgs, id string) (*revision, error) {
	d, err := parseDefinition(in.Definition)
	if err != nil {
		return nil, err
	}
	role, err := s.assume(in.RoleARN)
	if err != nil {
		return nil, err
	}
	settings, err := s.logSettings(in, role)
	if err != nil {
		return nil, err
	}
	return &revision{id: id, args: *in, definition: d, logs: settings, updated: s.account.Clock.Now()}, nil
}

// state is what the AWS provider would show: the inputs, AWS's defaults where they are empty, and what AWS made.
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
