package stepfunctions_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/stepfunctions"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

// world is a cloud with Step Functions. Tests define what its functions do.
type world struct {
	*cloudtest.Cloud
	service *stepfunctions.Service
	sfn     *sfn.Client
	logs    *logs.Service
	xray    *xray.Service
	roles   int

	mu        sync.Mutex
	functions map[string]func(context.Context, lambda.Invocation) (lambda.Result, error) // by name
	invoked   []lambda.Invocation
	published []sns.Publication
	sentTo    map[string][]sqs.Message // by queue ARN
	segments  []xray.Segment
	random    float64
}

const (
	invokeFunction = "arn:aws:states:::lambda:invoke"
	publish        = "arn:aws:states:::sns:publish"
	echoARN        = "arn:aws:lambda:us-east-1:123456789012:function:echo"
	topicARN       = "arn:aws:sns:us-east-1:123456789012:orders"
	everything     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

func newWorld(t testing.TB) *world {
	t.Helper()
	c := cloudtest.New()
	w := &world{Cloud: c, random: 0.5, logs: logs.New(c.Account), xray: xray.New(c.Account),
		functions: map[string]func(context.Context, lambda.Invocation) (lambda.Result, error){
			"echo": func(_ context.Context, in lambda.Invocation) (lambda.Result, error) {
				return lambda.Result{Payload: in.Payload, RequestID: "request-1", ExecutedVersion: "$LATEST"}, nil
			},
		}}
	w.service = stepfunctions.New(c.Account, stepfunctions.Dependencies{
		Roles: c.IAM, Functions: w, Topics: w, Queues: w, Logs: w.logs, Traces: traces{w.xray, w}, Random: func() float64 { return w.random },
	})
	t.Cleanup(func() { require.NoError(t, w.service.Close()) })
	c.Serve(t, w.service, w.logs, w.xray)
	// The SDK closes the body of a request while the transport may still look for its end, and loses the connection of a
	// long answer that comes at once. It retries that.
	w.sfn = sfn.NewFromConfig(c.Admin, func(o *sfn.Options) { o.RetryMaxAttempts = 5 })
	w.role(t, "machine", everything)
	return w
}

// Invoke authorizes as Lambda does and calls the test's function.
func (w *world) Invoke(ctx context.Context, in lambda.Invocation) (lambda.Result, error) {
	name := in.Function[strings.LastIndex(in.Function, ":")+1:]
	arn := account.ARN("lambda", "function:"+name)
	if err := w.Account.Authorize(ctx, policy.Request{Principal: in.Principal, Action: "lambda:InvokeFunction", Resource: arn}); err != nil {
		return lambda.Result{}, err
	}
	w.mu.Lock()
	w.invoked = append(w.invoked, in)
	do := w.functions[name]
	w.mu.Unlock()
	if do == nil {
		return lambda.Result{}, wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "Function not found: %s", arn)
	}
	return do(ctx, in)
}

// Publish authorizes as SNS does.
func (w *world) Publish(ctx context.Context, p policy.Principal, in sns.Publication) (string, error) {
	if err := w.Account.Authorize(ctx, policy.Request{Principal: p, Action: "sns:Publish", Resource: in.TopicARN}); err != nil {
		return "", wire.Errorf(http.StatusForbidden, "AuthorizationError", "%v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published = append(w.published, in)
	return "message-1", nil
}

// Send authorizes as SQS does.
func (w *world) Send(ctx context.Context, p policy.Principal, _ map[string]string, queueARN string, m sqs.Message) (string, error) {
	if err := w.Account.Authorize(ctx, policy.Request{Principal: p, Action: "sqs:SendMessage", Resource: queueARN}); err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sentTo == nil {
		w.sentTo = map[string][]sqs.Message{}
	}
	w.sentTo[queueARN] = append(w.sentTo[queueARN], m)
	return "message-2", nil
}

// traces keeps the segments that X-Ray took.
type traces struct {
	*xray.Service
	world *world
}

func (r traces) Put(ctx context.Context, p policy.Principal, segments ...xray.Segment) error {
	if err := r.Service.Put(ctx, p, segments...); err != nil {
		return err
	}
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	r.world.segments = append(r.world.segments, segments...)
	return nil
}

func (w *world) sent() []xray.Segment {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.segments)
}

func (w *world) calls() []lambda.Invocation {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.invoked)
}

// fails is a function that fails with errors of these types, and then answers.
func fails(errorTypes ...string) func(context.Context, lambda.Invocation) (lambda.Result, error) {
	var mu sync.Mutex
	return func(context.Context, lambda.Invocation) (lambda.Result, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(errorTypes) == 0 {
			return lambda.Result{Payload: []byte(`{"ok":true}`)}, nil
		}
		payload := fmt.Sprintf(`{"errorMessage":"no","errorType":%q}`, errorTypes[0])
		errorTypes = errorTypes[1:]
		return lambda.Result{Payload: []byte(payload), FunctionError: lambda.Unhandled}, nil
	}
}

func (w *world) role(t testing.TB, name, document string) string {
	t.Helper()
	w.MustDeploy(t, "aws:iam/role:Role", map[string]any{"name": name, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	w.MustDeploy(t, "aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "inline", "role": name, "policy": document})
	return account.GlobalARN("iam", "role/"+name)
}

const kind = "aws:sfn/stateMachine:StateMachine"

// inputs are the inputs of a state machine with a role that allows everything. more overrides them.
func inputs(definition string, more map[string]any) map[string]any {
	in := map[string]any{"definition": definition, "roleArn": account.GlobalARN("iam", "role/machine")}
	maps.Copy(in, more)
	return in
}

func (w *world) machine(t testing.TB, definition string, more map[string]any) string {
	t.Helper()
	id, _ := w.MustDeploy(t, kind, inputs(definition, more))
	return id
}

// one is the definition of a machine with one state, which ends it.
func one(fields string) string {
	return `{"StartAt":"S","States":{"S":{` + fields + `}}}`
}

// task is a machine with one task that calls the function echo with its input, unless fields say otherwise.
func task(fields string) string { return one(invoking("echo", fields)) }

// invoking are the fields of a task that ends its machine.
func invoking(function, fields string) string {
	if !strings.Contains(fields, `"Parameters"`) {
		fields += `,"Parameters":{"FunctionName":"` + function + `","Payload.$":"$"}`
	}
	return `"Type":"Task","Resource":"` + invokeFunction + `","End":true` + fields
}

// start starts an execution and returns its ARN.
func (w *world) start(t testing.TB, machineARN, input string) string {
	t.Helper()
	out, err := w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &machineARN, Input: &input})
	require.NoError(t, err)
	return *out.ExecutionArn
}

// closed waits until an execution has closed.
func (w *world) closed(t testing.TB, arn string) *sfn.DescribeExecutionOutput {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		out, err := w.sfn.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: &arn})
		require.NoError(t, err)
		if out.Status != types.ExecutionStatusRunning {
			return out
		}
		if !time.Now().Before(deadline) {
			require.Fail(t, "the execution does not close", w.history(t, arn))
		}
		time.Sleep(time.Millisecond)
	}
}

// run is an execution from start to end.
func (w *world) run(t testing.TB, definition, input string) *sfn.DescribeExecutionOutput {
	t.Helper()
	return w.closed(t, w.start(t, w.machine(t, definition, map[string]any{"name": fmt.Sprintf("m%d", w.next())}), input))
}

func (w *world) next() int {
	w.roles++
	return w.roles
}

func (w *world) events(t testing.TB, arn string) []types.HistoryEvent {
	t.Helper()
	var all []types.HistoryEvent
	p := sfn.NewGetExecutionHistoryPaginator(w.sfn, &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
	for p.HasMorePages() {
		page, err := p.NextPage(t.Context())
		require.NoError(t, err)
		all = append(all, page.Events...)
	}
	return all
}

// history is the types of an execution's events.
func (w *world) history(t testing.TB, arn string) []string {
	t.Helper()
	var list []string
	for _, e := range w.events(t, arn) {
		list = append(list, string(e.Type))
	}
	return list
}

// pass advances the clock as soon as n timers wait. Each running execution has one, and one for what it waits for.
func (w *world) pass(t testing.TB, timers int, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, w.Clock.BlockUntilContext(ctx, timers))
	w.Clock.Advance(d)
}

func requireOutput(t testing.TB, want string, out *sfn.DescribeExecutionOutput) {
	t.Helper()
	require.Equal(t, types.ExecutionStatusSucceeded, out.Status, "%s: %s", aws.ToString(out.Error), aws.ToString(out.Cause))
	require.JSONEq(t, want, *out.Output)
}

func requireFailed(t testing.TB, name, cause string, out *sfn.DescribeExecutionOutput) {
	t.Helper()
	require.Equal(t, types.ExecutionStatusFailed, out.Status, "output %s", aws.ToString(out.Output))
	require.Equal(t, name, aws.ToString(out.Error), aws.ToString(out.Cause))
	require.Contains(t, aws.ToString(out.Cause), cause)
}

// count is how many messages were published.
func (w *world) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.published)
}
