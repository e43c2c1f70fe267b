package stepfunctions

import (
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
)

// TransitionAction is the action of fault.Rule for the entry of a state, with the ARN of the state machine. Its error throttles
// the entry, which is tried again after throttleWait, as on AWS when an account's quota of transitions is used up. IAM has no
// such action.
const TransitionAction = "states:StateTransition"

const throttleWait = time.Second

// endMetrics count executions by the status with which they end.
var endMetrics = map[string]string{
	succeeded: "ExecutionsSucceeded", failed: "ExecutionsFailed", timedOut: "ExecutionsTimedOut", aborted: "ExecutionsAborted",
}

// publish publishes metrics of a state machine: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
func (e *execution) publish(values ...account.Value) {
	e.service.account.Publish("AWS/States", map[string]string{"StateMachineArn": e.machine.arn}, values...)
}

// awaitTransition waits while transitions are throttled.
func (e *execution) awaitTransition() error {
	for {
		err := e.service.account.Faults.Before(e.ctx, fault.Event{Action: TransitionAction, Resource: e.machine.arn, Principal: servicePrincipal})
		if err == nil {
			return nil
		}
		e.publish(account.Count("ExecutionThrottled", 1))
		if err := (&visit{execution: e}).sleep(throttleWait); err != nil {
			return err
		}
	}
}
