package stepfunctions

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// task is the work of a Task state: calling a service, again as its retriers say.
type task struct {
	integration
	timeout     time.Duration // 0 for none
	timeoutPath *path
}

// integration is a way to call a service.
type integration struct {
	service, action string // "lambda", "invoke"
	function        string // the ARN, if the resource is a function itself
	check           func(*node, objectTemplate)
	call            func(ctx context.Context, v *visit, parameters any) (any, error)
}

// integrations are the optimized integrations, by the resource of their tasks:
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var integrations = map[string]integration{
	"arn:aws:states:::lambda:invoke": {service: "lambda", action: "invoke", check: checkInvoke, call: invoke},
	"arn:aws:states:::sns:publish":   {service: "sns", action: "publish", check: checkPublish, call: publish},
}

var functionPrefix = account.ARN("lambda", "function:")

func readTask(n *node, st *state) work {
	n.require("Resource")
	n.refuse("HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials")
	n.atMostOne("TimeoutSeconds", "TimeoutSecondsPath")
	st.selector = n.template("ResultSelector")
	n.handlers(st)
	t := task{timeout: seconds(n.integer("TimeoutSeconds", 1, maxSeconds, 0)), timeoutPath: n.reference("TimeoutSecondsPath")}
	resource := n.text("Resource")
	known := false
	if t.integration, known = integrations[resource]; known {
		parameters, _ := st.parameters.(objectTemplate)
		t.check(n, parameters)
	} else if strings.HasPrefix(resource, functionPrefix) {
		t.integration = integration{function: resource, call: invokeFunction}
	} else if n.has("Resource") {
		n.failf(n.where("Resource"), "The resource provided %s is not recognized. The value is not a valid resource ARN, "+
			"or the resource is not available in this region or in the embedded cloud, which has lambda:invoke, sns:publish and functions", resource)
	}
	return t
}

// parameters refuses unknown parameters, and those missing that are required.
func (n *node) parameters(t objectTemplate, required, optional []string) {
	at := n.where("Parameters")
	known := map[string]bool{}
	for _, name := range append(required, optional...) {
		known[name] = true
	}
	given := map[string]bool{}
	for _, name := range t.names() {
		given[name] = true
		if !known[name] {
			n.failf(at, "The field '%s' is not supported by the embedded cloud's integration", name)
		}
	}
	for _, name := range required {
		if !given[name] {
			n.failf(at, "The field '%s' is required but was missing", name)
		}
	}
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
		delay, again := v.retry(f, counts)
		if !again {
			return nil, f
		}
		if err := v.sleep(delay); err != nil {
			return nil, err
		}
		v.retries++
	}
}

// retry tells whether to try again, and when. The first retrier that matches decides; counts are how often each did.
func (v *visit) retry(f *failure, counts []int) (time.Duration, bool) {
	for i := range v.state.retriers {
		r := &v.state.retriers[i]
		if !f.matches(r.errors) {
			continue
		}
		if counts[i] == r.attempts {
			return 0, false
		}
		counts[i]++
		return r.delay(counts[i]-1, v.service.random), true
	}
	return 0, false
}

var errTaskTimeout = errors.New("the task timed out")

// attempt calls the service once.
func (t task) attempt(v *visit, input any) (any, error) {
	parameters, err := v.fill(v.state.parameters, input)
	if err != nil {
		return nil, err
	}
	text := render(parameters)
	if len(text) > maxData {
		return nil, tooLarge(v.state.name)
	}
	timeout, err := t.limit(v, input)
	if err != nil {
		return nil, err
	}
	if v.record(t.prefix()+"Scheduled", t.scheduled(text, timeout)) == 0 || v.record(t.prefix()+"Started", t.details(details{})) == 0 {
		return nil, errClosed
	}
	ctx, cancel := context.WithCancelCause(v.ctx)
	defer cancel(nil)
	if timeout > 0 {
		timer := v.service.account.Clock.AfterFunc(timeout, func() { cancel(errTaskTimeout) })
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
	output := render(result)
	if len(output) > maxData {
		name := t.service
		if t.function != "" {
			name = t.function
		}
		return nil, t.failed(v, "Failed", tooLarge(name))
	}
	if v.record(t.prefix()+"Succeeded", t.details(*withOutput(details{}, output))) == 0 {
		return nil, errClosed
	}
	return result, nil
}

// limit is the attempt's timeout.
func (t task) limit(v *visit, input any) (time.Duration, error) {
	if t.timeoutPath == nil {
		return t.timeout, nil
	}
	value, _ := t.timeoutPath.find(v.scope(input))
	n, _ := value.(json.Number)
	if s, err := n.Int64(); err == nil && s >= 1 && s <= maxSeconds {
		return time.Duration(s) * time.Second, nil
	}
	return 0, runtimef("The TimeoutSecondsPath parameter does not reference a positive integer: %s", t.timeoutPath.text)
}

func (t task) prefix() string {
	if t.function != "" {
		return "LambdaFunction"
	}
	return "Task"
}

func (t task) scheduled(parameters string, timeout time.Duration) *details {
	d := details{TimeoutSeconds: int(timeout / time.Second)}
	if t.function != "" {
		d.Resource = t.function
		return withInput(d, parameters)
	}
	d.Region, d.Parameters = account.Region, &parameters
	return t.details(d)
}

// details adds what is called; it is nil where an event of a function tells nothing.
func (t task) details(d details) *details {
	if t.function == "" {
		d.ResourceType, d.Resource = t.service, t.action
	} else if d == (details{}) {
		return nil
	}
	return &d
}

func (t task) failed(v *visit, event string, f *failure) error {
	if v.record(t.prefix()+event, t.details(details{Error: f.Name, Cause: f.Cause})) == 0 {
		return errClosed
	}
	return f
}

// assume returns a session of the machine's role.
func (v *visit) assume() (policy.Principal, error) {
	if v.execution.principal == nil {
		p, err := v.service.assume(v.revision.args.RoleARN)
		if err != nil {
			return policy.Principal{}, &failure{Name: errorPermissions, Cause: err.Error()}
		}
		v.execution.principal = &p
	}
	return *v.execution.principal, nil
}
