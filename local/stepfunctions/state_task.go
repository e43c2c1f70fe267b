package stepfunctions

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// task is the work of a Task state: it calls a service, and retries as its retriers say.
type task struct {
	integration
	timeout time.Duration // 0 for none
}

type integration struct {
	service, action    string   // "lambda", "invoke"
	required, optional []string // parameters
	call               func(ctx context.Context, v *visit, parameters any) (any, error)
}

// integrations are the optimized integrations, by the resource of their tasks:
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var integrations = map[string]integration{
	"arn:aws:states:::lambda:invoke": {service: "lambda", action: "invoke", call: invoke,
		required: []string{"FunctionName"}, optional: []string{"Payload"}},
	"arn:aws:states:::sns:publish": {service: "sns", action: "publish", call: publish,
		required: []string{"TopicArn", "Message"}},
	"arn:aws:states:::sqs:sendMessage": {service: "sqs", action: "sendMessage", call: sendMessage,
		required: []string{"QueueUrl", "MessageBody"}},
}

func readTask(n *node, st *state) work {
	n.require("Resource")
	st.selector = n.template("ResultSelector")
	n.handlers(st)
	t := task{timeout: seconds(n.integer("TimeoutSeconds", 1, maxSeconds, 0))}
	resource := n.text("Resource")
	known := false
	if t.integration, known = integrations[resource]; known {
		parameters, _ := st.parameters.(objectTemplate)
		parameters.requireFields(n, t.required, t.optional)
	} else if n.has("Resource") {
		n.failf(n.where("Resource"), "The embedded cloud does not implement the resource %s, only lambda:invoke, sns:publish and sqs:sendMessage", resource)
	}
	return t
}

func (t task) do(v *visit, input any) (any, error) {
	counts := make([]int, len(v.state.retriers))
	for {
		result, err := t.attempt(v, input)
		if err == nil {
			return v.fill(v.state.selector, result)
		}
		if errors.Is(err, errClosed) {
			return nil, err
		}
		f := v.failure(err)
		delay, again := nextRetry(f, v.state.retriers, counts, v.service.Random)
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

func (t task) attempt(v *visit, input any) (any, error) {
	parameters, err := v.fill(v.state.parameters, input)
	if err != nil {
		return nil, err
	}
	text := renderJSON(parameters)
	if len(text) > maxData {
		return nil, tooLarge(v.state.name)
	}
	scheduled := details{"region": account.Region, "parameters": text}.With(details{"timeoutInSeconds": int(t.timeout / time.Second)})
	if err := t.record(v, "Scheduled", scheduled); err != nil {
		return nil, err
	}
	if err := t.record(v, "Started", details{}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(v.ctx)
	defer cancel(nil)
	if t.timeout > 0 {
		timer := v.service.account.Clock.AfterFunc(t.timeout, func() { cancel(errTaskTimeout) })
		defer timer.Stop()
	}
	result, err := t.call(ctx, v, parameters)
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

// record adds an event of the task with its service and action. It returns errClosed if the execution has closed.
func (t task) record(v *visit, event string, d details) error {
	d["resourceType"], d["resource"] = t.service, t.action
	if v.execution.record("Task"+event, d) == 0 {
		return errClosed
	}
	return nil
}

func (t task) failed(v *visit, event string, f *failure) error {
	if err := t.record(v, event, f.details()); err != nil {
		return err
	}
	return f
}

func (v *visit) assume() (policy.Principal, error) {
	if v.execution.principal == nil {
		p, err := v.service.assume(&v.revision.args)
		if err != nil {
			return policy.Principal{}, &failure{Name: errorPermissions, Cause: err.Error()}
		}
		v.execution.principal = &p
	}
	return *v.execution.principal, nil
}

type retrier struct {
	errors   []string
	interval time.Duration
	attempts int
	backoff  float64
	maxDelay time.Duration // 0 for none
	jitter   bool
}

type catcher struct {
	errors []string
	next   string
	result dataPath
}

func (n *node) handlers(st *state) {
	for o := range n.objects("Retry") {
		o.text("Comment")
		r := retrier{
			errors:   o.errorEquals(),
			interval: seconds(o.integer("IntervalSeconds", 1, maxSeconds, 1)),
			attempts: o.integer("MaxAttempts", 0, maxSeconds, 3),
			backoff:  o.number("BackoffRate", 1, math.MaxFloat64, 2),
			maxDelay: seconds(o.integer("MaxDelaySeconds", 1, 31622400, 0)),
			jitter:   o.jitter(),
		}
		if r.maxDelay > 0 && r.maxDelay <= r.interval {
			o.failf(o.where("MaxDelaySeconds"), "MaxDelaySeconds must be greater than IntervalSeconds")
		}
		st.retriers = append(st.retriers, r)
	}
	for o := range n.objects("Catch") {
		o.text("Comment")
		o.require("Next")
		st.catchers = append(st.catchers, catcher{errors: o.errorEquals(), next: o.text("Next"), result: o.resultPath()})
	}
}

func (n *node) jitter() bool {
	strategy := n.text("JitterStrategy")
	if n.has("JitterStrategy") && strategy != "FULL" && strategy != "NONE" {
		n.failf(n.where("JitterStrategy"), "Value must be one of [FULL, NONE]")
	}
	return strategy == "FULL"
}

// errorEquals reads the names of the errors that a retrier or catcher matches. States.ALL must be the only name, and in
// the last retrier or catcher.
func (n *node) errorEquals() []string {
	at := n.where("ErrorEquals")
	n.require("ErrorEquals")
	var names []string
	for _, v := range n.values("ErrorEquals") {
		name, ok := v.(string)
		if !ok {
			n.failf(at, "Expected value of type [String]")
		}
		names = append(names, name)
	}
	if slices.Contains(names, errorAll) && (len(names) > 1 || !n.last) {
		n.failf(at, "States.ALL must appear alone, and in the last element")
	}
	return names
}

// nextRetry returns whether to retry after a failure, and the wait before that. The first retrier that matches decides.
// counts are the retries so far of each retrier.
func nextRetry(f *failure, retriers []retrier, counts []int, random func() float64) (time.Duration, bool) {
	for i := range retriers {
		r := &retriers[i]
		if !f.matches(r.errors) {
			continue
		}
		if counts[i] == r.attempts {
			return 0, false
		}
		counts[i]++
		return r.delay(counts[i]-1, random), true
	}
	return 0, false
}

// delay is the wait before the n-th retry, counted from 0.
func (r *retrier) delay(n int, random func() float64) time.Duration {
	limit := r.maxDelay
	if limit == 0 {
		limit = maxSeconds * time.Second
	}
	d := limit
	if exact := float64(r.interval) * math.Pow(r.backoff, float64(n)); exact < float64(limit) {
		d = time.Duration(exact)
	}
	if r.jitter {
		d = time.Duration(random() * float64(d))
	}
	return d
}
