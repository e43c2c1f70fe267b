package stepfunctions

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
)

// integration is a service's action that a Task state can call.
type integration struct {
	service, action            string // "lambda", "invoke"
	target, required, optional string // parameters; target names what is called, and is required too
	call                       func(ctx context.Context, v *visit, p policy.Principal, target string, parameters map[string]any) (any, error)
}

// integrations are the optimized integrations, by the resource of their tasks:
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var integrations = map[string]integration{
	"arn:aws:states:::lambda:invoke":   {"lambda", "invoke", "FunctionName", "", "Payload", invoke},
	"arn:aws:states:::sns:publish":     {"sns", "publish", "TopicArn", "Message", "", publish},
	"arn:aws:states:::sqs:sendMessage": {"sqs", "sendMessage", "QueueUrl", "MessageBody", "", sendMessage},
}

func (st *state) checkTask() error {
	t, known := integrations[st.Resource]
	if !known {
		return fmt.Errorf("the embedded cloud does not implement the resource %s, only lambda:invoke, sns:publish and sqs:sendMessage", st.Resource)
	}
	return checkFields(st.Parameters.names, t.target+" "+t.required, t.optional)
}

// task calls a service, and retries as the state's retriers say.
func task(v *visit, input any) (any, error) {
	counts := make([]int, len(v.state.Retry))
	for {
		result, err := integrations[v.state.Resource].attempt(v, input)
		if err == nil {
			return v.fill(v.state.ResultSelector, result)
		}
		if errors.Is(err, errClosed) {
			return nil, err
		}
		f := v.failure(err)
		delay, again := nextRetry(f, v.state.Retry, counts, v.service.Random)
		if !again {
			return nil, f
		}
		if err := v.sleep(delay); err != nil {
			return nil, err
		}
		v.retries++
	}
}

var errTaskTimeout = errors.New("the task timed out")

func (t integration) attempt(v *visit, input any) (any, error) {
	parameters, err := v.fill(v.state.Parameters, input)
	if err != nil {
		return nil, err
	}
	text := renderJSON(parameters)
	if len(text) > maxData {
		return nil, tooLarge(v.state.name)
	}
	scheduled := details{"region": account.Region, "parameters": text}.With(details{"timeoutInSeconds": v.state.TimeoutSeconds})
	if err := t.record(v, "Scheduled", scheduled); err != nil {
		return nil, err
	}
	if err := t.record(v, "Started", details{}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(v.ctx)
	defer cancel(nil)
	if v.state.TimeoutSeconds > 0 {
		timer := v.service.account.Clock.AfterFunc(seconds(v.state.TimeoutSeconds), func() { cancel(errTaskTimeout) })
		defer timer.Stop()
	}
	result, err := t.perform(ctx, v, parameters.(map[string]any))
	switch {
	case v.ctx.Err() != nil:
		return nil, errClosed
	case err != nil && errors.Is(context.Cause(ctx), errTaskTimeout):
		return nil, t.failed(v, "TimedOut", &failure{Name: errorTimeout})
	case err != nil:
		return nil, t.failed(v, "Failed", v.failure(err))
	}
	output := renderJSON(result)
	if len(output) > maxData {
		return nil, t.failed(v, "Failed", tooLarge(t.service))
	}
	return result, t.record(v, "Succeeded", withData(details{}, "output", output))
}

func (t integration) perform(ctx context.Context, v *visit, parameters map[string]any) (any, error) {
	p, err := v.assume()
	if err != nil {
		return nil, err
	}
	target, ok := parameters[t.target].(string)
	if !ok {
		return nil, runtimef("The value for the field '%s' must be a string", t.target)
	}
	return t.call(ctx, v, p, target, parameters)
}

// record adds an event of the task with its service and action. It returns errClosed if the execution has closed.
func (t integration) record(v *visit, event string, d details) error {
	d["resourceType"], d["resource"] = t.service, t.action
	if v.execution.record("Task"+event, d) == 0 {
		return errClosed
	}
	return nil
}

func (t integration) failed(v *visit, event string, f *failure) error {
	if err := t.record(v, event, f.details()); err != nil {
		return err
	}
	return f
}

func (e *execution) assume() (policy.Principal, error) {
	if e.principal == nil {
		p, err := e.service.assume(&e.revision.args)
		if err != nil {
			return policy.Principal{}, &failure{Name: errorPermissions, Cause: err.Error()}
		}
		e.principal = &p
	}
	return *e.principal, nil
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
	MaxDelaySeconds int
	JitterStrategy  string // FULL or NONE
	Comment         string
}

type catcher struct {
	ErrorEquals   []string
	Next, Comment string
	ResultPath    resultPath
}

// UnmarshalJSON implements json.Unmarshaler. It sets the defaults.
func (r *retrier) UnmarshalJSON(text []byte) error {
	type fields retrier // without this method
	*r = retrier{IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2, MaxDelaySeconds: maxSeconds, JitterStrategy: "NONE"}
	if err := strictjson.Decode(text, (*fields)(r)); err != nil {
		return err
	}
	if len(r.ErrorEquals) == 0 || r.IntervalSeconds < 1 || r.MaxAttempts < 0 || r.BackoffRate < 1 ||
		r.MaxDelaySeconds < 1 || r.MaxDelaySeconds > maxSeconds || r.JitterStrategy != "FULL" && r.JitterStrategy != "NONE" {
		return errors.New("a retrier needs ErrorEquals, times of at least 1 second, at least 0 attempts, a BackoffRate of at least 1 and the JitterStrategy FULL or NONE")
	}
	return nil
}

// nextRetry returns whether to retry after a failure, and the wait before that. The first retrier that matches decides.
// counts are the retries so far of each retrier.
func nextRetry(f *failure, retriers []retrier, counts []int, random func() float64) (time.Duration, bool) {
	for i := range retriers {
		r := &retriers[i]
		if !f.matches(r.ErrorEquals) {
			continue
		}
		if counts[i] == r.MaxAttempts {
			return 0, false
		}
		counts[i]++
		return r.delay(counts[i]-1, random), true
	}
	return 0, false
}

// delay is the wait before the n-th retry, counted from 0.
func (r *retrier) delay(n int, random func() float64) time.Duration {
	d := seconds(r.MaxDelaySeconds)
	if exact := float64(seconds(r.IntervalSeconds)) * math.Pow(r.BackoffRate, float64(n)); exact < float64(d) {
		d = time.Duration(exact)
	}
	if r.JitterStrategy == "FULL" {
		d = time.Duration(random() * float64(d))
	}
	return d
}
