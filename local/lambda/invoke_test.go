package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

func TestInvokeReturnsWhatTheFunctionAnswers(t *testing.T) {
	c := newCloud(t)
	c.function("echo", nil)
	for _, payload := range []string{`{"a":[1,2]}`, `"text"`, `{}`} {
		out := c.invoke("echo", payload)
		if payload == `"text"` {
			require.Equal(t, "Unhandled", aws.ToString(out.FunctionError), "the program wants an object")
			continue
		}
		require.JSONEq(t, payload, string(out.Payload))
		require.Nil(t, out.FunctionError)
		require.Equal(t, "$LATEST", *out.ExecutedVersion)
		require.EqualValues(t, 200, out.StatusCode)
	}
	require.JSONEq(t, `{}`, string(c.invoke("echo", "").Payload), "no payload arrives as an empty object")
}

func TestFunctionFailuresAreResultsNotErrors(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Now())
	c := newCloudAt(t, clock)
	c.function("f", func(in *FunctionArgs) { in.Timeout = aws.Int(1) })
	for _, test := range []struct{ name, payload, errorType, message string }{
		{"a returned error has the outermost type's name", `{"do":"error"}`, "customError", "no luck"},
		{"a panic is reported and ends the process", `{"do":"panic","text":"oops"}`, "string", "oops"},
		{"an exit", `{"do":"exit"}`, "Runtime.ExitError", "RequestId: ID Error: Runtime exited with error: exit status 7"},
		{"a timeout", `{"do":"sleep","ms":5000}`, "Sandbox.Timedout", "RequestId: ID Error: Task timed out after 1.00 seconds"},
		{"an answer over 6 MiB", `{"do":"big"}`, "Function.ResponseSizeTooLarge",
			"Response payload size exceeded maximum allowed payload size (6291556 bytes)."},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(test.payload)}
			stop := func() {}
			if test.errorType == "Sandbox.Timedout" { // otherwise the clock stands still
				stop = running(clock)
			}
			out, err := c.sdk.Invoke(context.Background(), in)
			stop()
			require.NoError(t, err)
			require.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
			require.EqualValues(t, 200, out.StatusCode)
			var body errorBody
			require.NoError(t, json.Unmarshal(out.Payload, &body))
			require.Equal(t, test.errorType, body.Type)
			if before, after, ok := strings.Cut(test.message, "ID"); ok && before == "RequestId: " {
				require.True(t, strings.HasPrefix(body.Message, before) && strings.HasSuffix(body.Message, after), body.Message)
			} else {
				require.Equal(t, test.message, body.Message)
			}
			require.JSONEq(t, `{"n":1}`, string(c.invoke("f", `{"n":1}`).Payload), "the function works again at once")
		})
	}
}

// running lets a clock run with the real one until stop is called.
func running(clock *clockwork.FakeClock) (stop func()) {
	tick, ended := time.NewTicker(10*time.Millisecond), make(chan struct{})
	go func() {
		for {
			select {
			case <-tick.C:
				clock.Advance(10 * time.Millisecond)
			case <-ended:
				return
			}
		}
	}()
	return func() { tick.Stop(); close(ended) }
}

func TestEnvironmentIsReusedUntilItCrashes(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	count := func() int {
		var got struct{ N int }
		require.NoError(t, json.Unmarshal(c.invoke("f", `{"do":"context"}`).Payload, &got))
		return got.N
	}
	require.Equal(t, 1, count())
	c.invoke("f", `{"do":"error"}`)
	require.Equal(t, 3, count(), "an error leaves the process as it is")
	c.invoke("f", `{"do":"panic"}`)
	require.Equal(t, 1, count(), "a panic ends it")
	require.EqualValues(t, 2, c.lambda.Stats("f").Environments)
	require.EqualValues(t, 5, c.lambda.Stats("f").Invocations)
	require.EqualValues(t, 2, c.lambda.Stats("f").Errors)
}

func TestFunctionKnowsItsContext(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	out, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String(functionARN("f")), Payload: []byte(`{"do":"context"}`)})
	require.NoError(t, err)
	var got struct {
		ARN, ID, Trace string
		Left           int
	}
	require.NoError(t, json.Unmarshal(out.Payload, &got))
	require.Equal(t, functionARN("f"), got.ARN)
	require.NotEmpty(t, got.ID)
	require.InDelta(t, 10_000, got.Left, 2000)
	require.Regexp(t, `^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$`, got.Trace)
}

func TestInvokeIsRefusedAsOnAWS(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	for _, test := range []struct {
		name string
		in   sdk.InvokeInput
		code string
	}{
		{"no such function", sdk.InvokeInput{FunctionName: aws.String("none")}, "ResourceNotFoundException"},
		{"no JSON", sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte("{")}, "InvalidRequestContentException"},
		{"over 6 MiB", sdk.InvokeInput{FunctionName: aws.String("f"), Payload: fmt.Appendf(nil, "%q", strings.Repeat("x", 6<<20))}, "RequestTooLargeException"},
		{"an event over 1 MiB", sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent,
			Payload: fmt.Appendf(nil, "%q", strings.Repeat("x", 1<<20))}, "RequestTooLargeException"},
		{"a version", sdk.InvokeInput{FunctionName: aws.String("f"), Qualifier: aws.String("7")}, "NotImplemented"},
		{"a version in the name", sdk.InvokeInput{FunctionName: aws.String("f:7")}, "NotImplemented"},
		{"a client context", sdk.InvokeInput{FunctionName: aws.String("f"), ClientContext: aws.String("e30=")}, "NotImplemented"},
		{"a dry run", sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeDryRun}, "NotImplemented"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.sdk.Invoke(context.Background(), &test.in)
			require.Equal(t, test.code, errorCode(t, err))
		})
	}
	require.Zero(t, c.lambda.Stats("f").Invocations)
}

func errorCode(t *testing.T, err error) string {
	t.Helper()
	var e smithy.APIError
	require.ErrorAs(t, err, &e)
	return e.ErrorCode()
}

func TestFunctionsCallOnlyWhatTheirRoleAllows(t *testing.T) {
	c := newCloud(t)
	c.function("callee", nil)
	c.function("caller", nil)
	const call = `{"do":"call","text":"callee"}`
	out := c.invoke("caller", call)
	require.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
	require.Contains(t, string(out.Payload), "assumed-role/caller-role/caller is not authorized to perform: lambda:InvokeFunction on resource: "+functionARN("callee"))
	require.Contains(t, string(c.invoke("caller", `{"do":"call","text":"absent"}`).Payload), "is not authorized", "absent functions are denied alike")

	c.function("allowed", func(in *FunctionArgs) { in.Role = c.role("r", "lambda:InvokeFunction") })
	out = c.invoke("allowed", call)
	require.Contains(t, string(out.Payload), "cannot unmarshal string", "the callee was reached and wants an object")
}

func TestResourcePolicyDecidesForServices(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	ctx := context.Background()
	topic := account.ARN("sns", "t")
	in := Invocation{
		Principal: policy.ServicePrincipal("sns.amazonaws.com"), Keys: map[string]string{"aws:SourceArn": topic},
		Function: "f", Payload: []byte(`{}`),
	}
	var denied *policy.DeniedError
	_, err := c.lambda.Invoke(ctx, in)
	require.ErrorAs(t, err, &denied)

	_, err = c.sdk.AddPermission(ctx, &sdk.AddPermissionInput{FunctionName: aws.String("f"), StatementId: aws.String("s"),
		Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("sns.amazonaws.com"), SourceArn: &topic})
	require.NoError(t, err)
	result, err := c.lambda.Invoke(ctx, in)
	require.NoError(t, err)
	require.Equal(t, "{}", string(result.Payload))
	in.Keys = map[string]string{"aws:SourceArn": topic + "2"}
	_, err = c.lambda.Invoke(ctx, in)
	require.ErrorAs(t, err, &denied, "another topic")

	_, err = c.sdk.RemovePermission(ctx, &sdk.RemovePermissionInput{FunctionName: aws.String("f"), StatementId: aws.String("s")})
	require.NoError(t, err)
	in.Keys = map[string]string{"aws:SourceArn": topic}
	_, err = c.lambda.Invoke(ctx, in)
	require.ErrorAs(t, err, &denied)
}

func TestConcurrentInvocationsGetTheirOwnEnvironments(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	var mu sync.Mutex
	pids := map[string]bool{}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			out := c.invoke("f", `{"do":"sleep","ms":1500}`)
			mu.Lock()
			defer mu.Unlock()
			pids[string(out.Payload)] = true
		})
	}
	group.Wait()
	require.Len(t, pids, 6)
}

func TestReservedConcurrencyThrottles(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(1) })
	first := make(chan struct{})
	go func() {
		defer close(first)
		_, _ = c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{"do":"sleep","ms":5000}`)})
	}()
	eventually(t, "the first runs", func() bool { return c.lambda.function("f").busy() == 1 })
	_, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`{}`)})
	var throttle *types.TooManyRequestsException
	require.ErrorAs(t, err, &throttle)
	require.Equal(t, types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded, throttle.Reason)
	require.EqualValues(t, 1, c.lambda.Stats("f").Throttles)
	require.Equal(t, 1, c.lambda.Kill("f"))
	<-first
	require.JSONEq(t, `{}`, string(c.invoke("f", `{}`).Payload))
}

func TestAccountConcurrencyThrottles(t *testing.T) {
	c := newCloud(t)
	f := c.function("f", nil)
	c.lambda.unreserved.Store(accountConcurrency)
	_, err := c.lambda.Invoke(context.Background(), Invocation{Principal: c.principal(), Function: "f"})
	require.ErrorContains(t, err, "Rate Exceeded")
	c.lambda.unreserved.Store(0)
	_, err = c.lambda.Invoke(context.Background(), Invocation{Principal: c.principal(), Function: "f"})
	require.NoError(t, err)
	require.Zero(t, f.inflight.Load())
	require.Zero(t, c.lambda.unreserved.Load())
}

func TestKilledInTheMiddleOfAnInvocation(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	got := make(chan *sdk.InvokeOutput, 1)
	go func() { got <- c.invoke("f", `{"do":"sleep","ms":8000}`) }()
	eventually(t, "it runs", func() bool { return c.lambda.Stats("f").Running == 1 && c.lambda.function("f").busy() == 1 })
	require.Equal(t, 1, c.lambda.Kill("f"))
	out := <-got
	require.Contains(t, string(out.Payload), "Runtime exited with error: signal: killed")
}

// busy counts the environments that have fetched an invocation.
func (f *function) busy() int {
	p := f.current.Load().pool
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for e := range p.all {
		e.mu.Lock()
		if e.current != nil && len(e.work) == 0 {
			n++
		}
		e.mu.Unlock()
	}
	return n
}

func TestFaultsStrikeBeforeAndAfterAnInvocation(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	in := Invocation{Principal: c.principal(), Function: "f"}
	remove := c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Times: 1, Do: func(context.Context, fault.Event) error { return Throttled() }})
	_, err := c.lambda.Invoke(context.Background(), in)
	require.ErrorContains(t, err, "Rate Exceeded")
	require.Zero(t, c.lambda.Stats("f").Invocations)
	remove()
	c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", When: fault.After, Times: 1, Do: func(context.Context, fault.Event) error { return Throttled() }})
	_, err = c.lambda.Invoke(context.Background(), in)
	require.ErrorContains(t, err, "Rate Exceeded")
	require.EqualValues(t, 1, c.lambda.Stats("f").Invocations)
}

func TestCallerWhoLeavesDoesNotStopTheFunction(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := c.lambda.Invoke(ctx, Invocation{Principal: c.principal(), Function: "f", Payload: []byte(`{"do":"sleep","ms":500}`)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	eventually(t, "it ends", func() bool { return c.lambda.Stats("f").Invocations == 1 })
	require.Zero(t, c.lambda.Stats("f").Errors)
}
