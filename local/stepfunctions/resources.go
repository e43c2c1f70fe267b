package stepfunctions

import (
	"cmp"
	"context"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
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

	ARN          string `pulumi:"arn,output"`
	CreationDate string `pulumi:"creationDate,output"`
	RevisionID   string `pulumi:"revisionId,output"`
	Status       string `pulumi:"status,output"`
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

var (
	machineName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)
	roleARN     = regexp.MustCompile(`^arn:aws:iam::`)
)

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

// Kinds are the Pulumi resource types that this service implements.
func (s *Service) Kinds() []provider.Kind {
	return []provider.Kind{&provider.Object[StateMachineArgs, machine]{
		Type:     "aws:sfn/stateMachine:StateMachine",
		AutoName: &provider.AutoName{Property: "name", Max: 80},
		Check:    checkMachine,
		Find:     s.machine,
		State:    (*machine).state,
		Create:   s.createMachine,
		Update: func(_ context.Context, m *machine, in *StateMachineArgs) error {
			_, err := s.update(m, func(args *StateMachineArgs) { *args = *in })
			return err
		},
		Delete: s.deleteMachine,
	}}
}

func checkMachine(c *provider.Checker, in *StateMachineArgs) {
	c.Match("name", in.Name, machineName, "1 to 80 letters, digits, hyphens and underscores")
	c.OneOf("type", in.Type, standard, express)
	c.Parse("definition", &in.Definition, func(text string) error {
		_, err := parseDefinition(text)
		return err
	})
	c.Match("roleArn", &in.RoleARN, roleARN, "the ARN of a role")
	l := in.logging()
	c.OneOf("loggingConfiguration.level", l.Level, logLevels...)
	if c.Unknown("loggingConfiguration") {
		return
	}
	if _, err := l.group(); err != nil {
		c.Failf("loggingConfiguration.logDestination", "%v", err)
	}
}

func (s *Service) createMachine(_ context.Context, in *StateMachineArgs) (string, error) {
	r, err := s.newRevision(in, "")
	if err != nil {
		return "", err
	}
	m := &machine{arn: machineARN(*in.Name), name: *in.Name, kind: cmp.Or(aws.ToString(in.Type), standard), created: r.updated}
	m.current.Store(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	// AWS returns an existing machine with the same properties. Two owners of one machine are refused here.
	if s.machines[m.arn] != nil {
		return "", refuse("StateMachineAlreadyExists", "State Machine Already Exists: '%s'", m.arn)
	}
	s.machines[m.arn] = m
	return m.arn, nil
}

// state is what the AWS provider would show: the inputs with AWS's defaults, and the outputs.
func (m *machine) state() *StateMachineArgs {
	r := m.current.Load()
	state := r.args
	l := state.logging()
	state.Type, state.Logging, state.Tracing = &m.kind, &l, &TracingConfiguration{Enabled: new(state.tracing())}
	state.ARN, state.CreationDate, state.RevisionID, state.Status = m.arn, m.created.UTC().Format(time.RFC3339), r.id, active
	return &state
}

const active = "ACTIVE" // the only status of a state machine

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

func (r *revision) timeout(kind string) time.Duration {
	limit := maxDuration[kind]
	if d := seconds(r.definition.TimeoutSeconds); d > 0 && d < limit {
		return d
	}
	return limit
}

func machineARN(name string) string { return account.ARN(signingName, "stateMachine:"+name) }

func (s *Service) machine(arn string) (*machine, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Found(s.machines[arn], machineDoesNotExist(arn))
}
