package stepfunctions

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

var logLevels = []string{"OFF", "ERROR", "FATAL", "ALL"}

// fatalEvents and errorEvents are the events that are logged at the levels FATAL and ERROR:
// https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html
var (
	fatalEvents = []string{"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
	errorEvents = append(slices.Clone(fatalEvents), "FailStateEntered", "TaskFailed", "TaskTimedOut")
)

type logSettings struct {
	level string
	data  bool
	// On AWS the log group's resource policy allows a service principal to write the lines, and Step Functions writes that policy with
	// the permissions of the machine's role: see deliveryActions.
	to logs.Destination
}

// deliveryActions are the actions that the role of a machine with logging must be allowed on all resources:
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
var deliveryActions = []string{
	"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
	"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
}

var logGroupARN = regexp.MustCompile("^" + account.ARN("logs", "log-group:") + `([^:*]+):\*$`)

// group returns the name of the log group of the destination, which must be given unless nothing is logged.
func (l *LoggingConfiguration) group() (string, error) {
	if l.LogDestination == nil && *l.Level == "OFF" {
		return "", nil
	}
	m := logGroupARN.FindStringSubmatch(aws.ToString(l.LogDestination))
	if m == nil {
		return "", fmt.Errorf("must be the ARN of a log group that ends with :*, got %q", aws.ToString(l.LogDestination))
	}
	return m[1], nil
}

// logSettings returns the settings of a revision, nil if logging is off. It fails if the role may not deliver logs.
func (s *Service) logSettings(args *StateMachineArgs, role policy.Principal) (*logSettings, error) {
	l := args.logging()
	if *l.Level == "OFF" {
		return nil, nil
	}
	group, err := l.group()
	if err == nil && !slices.Contains(logLevels, *l.Level) {
		err = fmt.Errorf("cannot have the level %q", *l.Level)
	}
	if err != nil {
		return nil, invalidLogging("Log Destination %v", err)
	}
	for _, action := range deliveryActions {
		if s.account.Decide(context.Background(), policy.Request{Principal: role, Action: action, Resource: "*"}) != nil {
			return nil, refuse("AccessDeniedException", "The state machine IAM Role is not authorized to access the Log Destination")
		}
	}
	allowed, err := policy.Parse(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":%q}]}`,
		account.ARN("logs", "log-group:"+group+":log-stream:*")), policy.Identity)
	if err != nil {
		return nil, fmt.Errorf("stepfunctions: the policy of log deliveries: %w", err)
	}
	delivery := policy.ServicePrincipal("delivery.logs.amazonaws.com")
	delivery.Policies = func() []*policy.Document { return []*policy.Document{allowed} }
	return &logSettings{level: *l.Level, data: *l.IncludeExecutionData, to: logs.Destination{
		Group:  group,
		Stream: fmt.Sprintf("states/%s/%s/%s", *args.Name, s.account.Clock.Now().UTC().Format("2006-01-02-15-04"), uuid.NewString()[:8]),
		Writer: func() (policy.Principal, error) { return delivery, nil },
	}}, nil
}

// includes reports whether an event is logged. A machine without logging has nil settings.
func (l *logSettings) includes(kind string) bool {
	switch {
	case l == nil:
		return false
	case l.level == "ALL":
		return true
	case l.level == "ERROR":
		return slices.Contains(errorEvents, kind)
	}
	return slices.Contains(fatalEvents, kind)
}

func (s *Service) log(e *execution, ev *event) {
	if set := e.revision.logs; set.includes(ev.kind) {
		s.lines.Add(logs.Line{To: &set.to, Event: logs.Event{Time: ev.at, Message: ev.logLine(e.arn, e.redrives, set.data)}})
	}
}

// trace is an execution's place in a trace. The header is empty if the execution is not traced.
type trace struct {
	incoming         string // the caller's header
	header           string // for the services that the execution calls
	root, parent, id string
	sampled          bool
}

// newTrace returns the trace of an execution. A machine with tracing continues the caller's trace or begins one. A
// machine without it only passes on the caller's trace.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
func (s *Service) newTrace(r *revision, incoming string) trace {
	h, ok := xray.ParseHeader(incoming)
	if r.args.tracing() {
		h, ok = s.Traces.Sample(incoming), true
	}
	if !ok {
		return trace{incoming: incoming}
	}
	t := trace{incoming: incoming, root: h.Root, parent: h.Parent, id: xray.NewID(), sampled: h.Sampled}
	h.Parent = t.id
	t.header = h.String()
	return t
}

// sendSegment sends the segment of an execution that ended, with the permissions of its role. As on AWS, the segment is
// lost if they are missing.
func (s *Service) sendSegment(e *execution) {
	if !e.trace.sampled {
		return
	}
	e.mu.Lock()
	status, stopped := e.status, e.stopped
	e.mu.Unlock()
	if status == running {
		return // the service is closing
	}
	p, err := e.assume()
	if err == nil {
		err = s.Traces.Put(context.Background(), p, xray.Segment{
			TraceID: e.trace.root, ID: e.trace.id, ParentID: e.trace.parent, Name: e.machine.name,
			Origin: "AWS::StepFunctions::StateMachine", Start: e.started, End: stopped, Fault: status != succeeded,
		})
	}
	if err != nil {
		s.account.Log.Debug("the segment of an execution is lost", "execution", e.arn, "error", err)
	}
}

// TransitionAction is the action of fault.Rule for the entry of a state, with the ARN of the state machine. Its error throttles
// the entry, which is tried again after throttleWait, as on AWS when an account's quota of transitions is used up. IAM has no
// such action.
const TransitionAction = "states:StateTransition"

const throttleWait = time.Second

// publish publishes metrics of a state machine: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
func (e *execution) publish(values ...account.Value) {
	e.service.account.Publish("AWS/States", map[string]string{"StateMachineArn": e.machine.arn}, values...)
}

func (e *execution) awaitTransition() error {
	for {
		err := e.service.account.Faults.Before(e.ctx, fault.Event{Action: TransitionAction, Resource: e.machine.arn, Principal: servicePrincipal})
		if err == nil {
			return nil
		}
		e.publish(account.Count("ExecutionThrottled", 1))
		if err := e.sleep(throttleWait); err != nil {
			return err
		}
	}
}
