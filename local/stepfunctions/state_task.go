package stepfunctions

import (
	"context"
	"errors"
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
	call               func(ctx context.Context, v *visit, parameters any) (any, error)
}

// integrations are the optimized integrations, by the resource of their tasks:
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
var integrations = map[string]integration{
	"arn:aws:states:::lambda:invoke": {service: "lambda", action: "invoke", call: invoke,
		required: []string{"FunctionName"}, optional: []string{"Payload"}},
	"arn:aws:states:::sns:publish": {service: "sns", action: "publish", call: publish,
		required: []string{"TopicArn", "Message"}, optional: []string{"Subject", "MessageAttributes"}},
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
	scheduled := &details{Region: account.Region, Parameters: &text, TimeoutSeconds: int(t.timeout / time.Second)}
	if err := t.record(v, "Scheduled", scheduled); err != nil {
		return nil, err
	}
	if err := t.record(v, "Started", &details{}); err != nil {
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
	return result, t.record(v, "Succeeded", withOutput(details{}, output))
}

// record adds an event of the task with its service and action. It returns errClosed if the execution has closed.
func (t task) record(v *visit, event string, d *details) error {
	d.ResourceType, d.Resource = t.service, t.action
	if v.execution.record("Task"+event, d) == 0 {
		return errClosed
	}
	return nil
}

// failed records a failure and returns it.
func (t task) failed(v *visit, event string, f *failure) error {
	if err := t.record(v, event, &details{Error: f.Name, Cause: f.Cause}); err != nil {
		return err
	}
	return f
}

// assume returns a session of the machine's role.
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
