// Package stepfunctions is the embedded cloud's AWS Step Functions: Standard and Express workflows in the Amazon States
// Language, with JSONPath. https://docs.aws.amazon.com/step-functions/latest/dg/welcome.html
//
// It implements the state types Task, Pass, Choice, Wait (for seconds), Succeed and Fail, Retry and Catch, choices that test the type
// of a value or compare it with a constant string, number or boolean, the intrinsic functions
// States.Format, States.JsonMerge and States.StringToJson, and the integrations lambda:invoke,
// sns:publish and sqs:sendMessage. A definition with anything else, such as Parallel, Map, JSONata, variables, heartbeats, or a function's
// ARN as resource, is refused when the state machine is created or updated. The error names what is not implemented.
//
// An execution is a goroutine that goes through the states. It calls other services with a session of the machine's
// role, and waits by the account's clock.
//
// Differences from AWS:
//   - A JSONPath selects one value: no names with hyphens outside of brackets, no wildcards, slices, unions, filters, functions or recursive descent.
//   - The members of an object that a state makes are in alphabetical order.
//   - A task's result has no SdkHttpMetadata and no SdkResponseMetadata.
//   - A closed execution is deleted when there are more than 10,000 of them or their histories take more than 256 MiB, and
//     not after 90 days. Its name can then be used again.
//   - StartExecution is not throttled. An execution cannot be stopped. The client token of a redrive is not remembered.
//   - A trace has one segment for each execution, without subsegments for its states.
//   - There are no versions, aliases, activities and callbacks.
package stepfunctions

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	standard = "STANDARD"
	express  = "EXPRESS"

	signingName      = "states"
	target           = "AWSStepFunctions"
	servicePrincipal = "states.amazonaws.com"
)

// Dependencies are the other services that Step Functions uses. All are required but Random.
type Dependencies struct {
	Roles     *iam.Service
	Functions lambda.Invoker
	Topics    sns.Publisher
	Queues    sqs.Sender
	Logs      *logs.Service
	Traces    xray.Traces
	// Random returns numbers from 0, included, to 1, excluded, for the jitter of retries. Default: rand.Float64.
	Random func() float64
}

// Service keeps the account's state machines and their executions.
type Service struct {
	Dependencies
	wire.Name
	wire.JSON
	account *account.Account
	lines   *logs.Buffer[logs.Line]

	// ctx ends when the service closes. background counts the executions that run.
	ctx        context.Context
	cancel     context.CancelFunc
	background sync.WaitGroup

	// The lock of an execution is taken before mu.
	mu         sync.RWMutex
	machines   map[string]*machine   // by ARN
	executions map[string]*execution // Standard ones, by ARN
	running    map[*execution]bool
	closed     []*execution // of executions, the oldest first
	closedSize int
	numbers    int // of executions, given in the order of starting
}

// New returns a service without state machines. It runs nothing until an execution starts.
func New(a *account.Account, d Dependencies) *Service {
	if d.Random == nil {
		d.Random = rand.Float64
	}
	s := &Service{
		Dependencies: d, Name: signingName, account: a, JSON: wire.JSON{Target: target, Version: "1.0"},
		machines: map[string]*machine{}, executions: map[string]*execution{}, running: map[*execution]bool{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.lines = d.Logs.Lines()
	s.register()
	return s
}

// Close ends all executions without closing them, and delivers their logs. It returns no error.
func (s *Service) Close() error {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.background.Wait()
	s.lines.Close()
	return nil
}

// Call performs an action of the API, such as StartExecution, as a principal. API Gateway calls it for an integration
// with the URI arn:aws:apigateway:REGION:states:action/StartExecution. body is the action's JSON request, and traceHeader
// its X-Amzn-Trace-Id, or empty. An error of the action is a status and JSON, too.
func (s *Service) Call(ctx context.Context, p policy.Principal, action, traceHeader string, body []byte) (status int, response []byte) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/", nil)
	if err != nil {
		panic(err) // the method and URL are constants
	}
	request.Header.Set("X-Amz-Target", target+"."+action)
	if traceHeader != "" {
		request.Header.Set("X-Amzn-Trace-Id", traceHeader)
	}
	return wire.Perform(s, &wire.Call{Request: request, Account: s.account, Principal: p, Body: body, RequestID: uuid.NewString()})
}

// assume starts a session of a machine's role. Nobody uses its access key, which is therefore revoked at once. A trust policy
// may ask for the machine:
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html#prevent-cross-service-confused-deputy
func (s *Service) assume(in *StateMachineArgs) (policy.Principal, error) {
	p, credentials, err := s.Roles.AssumeRole(servicePrincipal, in.RoleARN, uuid.NewString(), map[string]string{
		"aws:SourceAccount": account.ID, "aws:SourceArn": machineARN(*in.Name),
	})
	if err != nil {
		return policy.Principal{}, wire.Errorf(http.StatusBadRequest, "AccessDeniedException",
			"Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the provided role.")
	}
	s.Roles.Revoke(credentials.AccessKeyID)
	return p, nil
}
