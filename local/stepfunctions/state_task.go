package stepfunctions

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// task is the work of a Task state: it calls a service, and retries as its retriers say.
type task struct {
	integration
	timeout time.Duration // 0 for none
}

// integration is a way to call a service.
type integration struct {
	service, action    string   // "lambda", "invoke"
	required, optional []string // parameters
	function           string   // the ARN, if the resource is a function itself
	call               func(ctx context.Context, v *visit, parameters any) (any, error)
}

// integrations are the optimized integrations, by the resource of their tasks:
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var integrations = map[string]integration{
	"arn:aws:states:::lambda:invoke": {service: "lambda", action: "invoke", call: invoke,
		required: []string{"FunctionName"}, optional: []string{"Payload"}},
	"arn:aws:states:::sns:publish": {service: "sns", action: "publish", call: publish,
		required: []string{"TopicArn", "Message"}, optional: []string{"Subject", "MessageAttributes"}},
}

var functionPrefix = account.ARN("lambda", "function:")

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
	} else if strings.HasPrefix(resource, functionPrefix) {
		t.integration = integration{function: resource, call: invokeFunction}
	} else if n.has("Resource") {
		n.failf(n.where("Resource"), "The embedded cloud does not implement the resource %s, only lambda:invoke, sns:publish and the ARNs of functions", resource)
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

// attempt calls the service once.
func (t task) attempt(v *visit, input any) (any, error) {
	parameters, err := v.fill(v.state.parameters, input)
	if err != nil {
		return nil, err
	}
	text := renderJSON(parameters)
	if len(text) > maxData {
		return nil, tooLarge(v.state.name)
	}
	if v.record(t.event("Scheduled"), t.scheduled(text)) == 0 || v.record(t.event("Started"), t.details(details{})) == 0 {
		return nil, errClosed
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
		return nil, t.failed(v, "Failed", tooLarge(t.service+t.function))
	}
	if v.record(t.event("Succeeded"), t.details(*withOutput(details{}, output))) == 0 {
		return nil, errClosed
	}
	return result, nil
}

// event is the type of an event of the task.
func (t task) event(name string) string {
	if t.function != "" {
		return "LambdaFunction" + name
	}
	return "Task" + name
}

func (t task) scheduled(parameters string) *details {
	d := details{TimeoutSeconds: int(t.timeout / time.Second)}
	if t.function != "" {
		d.Resource = t.function
		return withInput(d, parameters)
	}
	d.Region, d.Parameters = account.Region, &parameters
	return t.details(d)
}

// details adds the service and action. It returns nil for an event that has no details.
func (t task) details(d details) *details {
	if t.function == "" {
		d.ResourceType, d.Resource = t.service, t.action
	} else if d == (details{}) {
		return nil
	}
	return &d
}

func (t task) failed(v *visit, event string, f *failure) error {
	if v.record(t.event(event), t.details(details{Error: f.Name, Cause: f.Cause})) == 0 {
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
