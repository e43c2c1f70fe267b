package components

import (
	"encoding/json"
	"fmt"
)

// This file writes the Orchestrator's state machine in the Amazon States Language, https://states-language.net/spec.html,
// from typed values, without knowing Pulumi.

// machine is a state machine definition.
type machine struct {
	Comment        string
	StartAt        string
	TimeoutSeconds int
	States         map[string]state
}

// state is one state. Which fields are set depends on its type.
type state struct {
	Type       string
	Comment    string         `json:",omitempty"`
	Resource   string         `json:",omitempty"`
	Parameters map[string]any `json:",omitempty"`
	// ResultSelector and ResultPath choose what of a task's result joins the state's input, and where.
	ResultSelector map[string]any `json:",omitempty"`
	ResultPath     string         `json:",omitempty"`
	TimeoutSeconds int            `json:",omitempty"`
	Retry          []retrier      `json:",omitempty"`
	Catch          []catcher      `json:",omitempty"`
	Choices        []choice       `json:",omitempty"`
	Default        string         `json:",omitempty"`
	ErrorPath      string         `json:",omitempty"`
	CausePath      string         `json:",omitempty"`
	Next           string         `json:",omitempty"`
	End            bool           `json:",omitempty"`
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
	MaxDelaySeconds int
	JitterStrategy  string
}

type catcher struct {
	ErrorEquals []string
	ResultPath  string
	Next        string
}

type choice struct {
	And  []test
	Next string
}

type test struct {
	Variable     string
	IsPresent    bool   `json:",omitempty"`
	StringEquals string `json:",omitempty"`
}

// orderMachineArgs are what the machine's tasks work with.
type orderMachineArgs struct {
	storeOrder, writeInvoice, takeBackOrder string // function ARNs
	topic                                   string // ARN
	taskTimeoutSeconds                      int    // of one attempt at a task
	express                                 bool
}

// expressSeconds is when Step Functions ends an Express execution, whatever it is doing:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const expressSeconds = 5 * 60

// tasksInARow is how many tasks an execution runs one after another, at most.
const tasksInARow = 3

// timeoutSeconds ends an execution that hangs: twice what all attempts at its tasks and the waits between them take, so
// that it never keeps a stored order from being taken back.
func (a orderMachineArgs) timeoutSeconds() int {
	seconds := 2 * tasksInARow * ((1+retries)*a.taskTimeoutSeconds + retryWaitSeconds)
	if a.express {
		return min(seconds, expressSeconds)
	}
	return seconds
}

// transient are the errors that another attempt may not meet again: of Lambda itself, of a function that crashed or
// timed out, and those that the functions name so.
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
var transient = []string{
	"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
	"Lambda.ClientExecutionTimeoutException", "Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout",
	"StoreUnavailable", "InvoiceUnavailable", "States.Timeout",
}

const (
	retries          = 5
	retryWaitSeconds = 1 + 2 + 4 + 8 + 16
)

// patiently tries again up to five times, after about 1, 2, 4, 8 and 16 seconds, each at random between nothing and
// that, so that those who failed together do not come back together.
func patiently(errors ...string) []retrier {
	return []retrier{{
		ErrorEquals: errors, IntervalSeconds: 1, MaxAttempts: retries, BackoffRate: 2, MaxDelaySeconds: 20, JitterStrategy: "FULL",
	}}
}

// invoke runs a function with the execution's input: all of them take the same.
func invoke(function string) map[string]any {
	return map[string]any{
		"FunctionName": function,
		"Payload":      map[string]any{"orderid.$": "$.orderid", "requestid.$": "$.requestid", "order.$": "$.order"},
	}
}

// orderMachine stores an order, writes its invoice, notifies whom it concerns, and succeeds. An order whose invoice
// cannot be written is taken back, and the execution fails with the invoice's error, as does one of which it is not known
// whether it was stored; one that nobody could be notified of is placed all the same, and the output says so. The input
// is {"orderid", "requestid", "order"}.
func orderMachine(a orderMachineArgs) machine {
	const lambdaInvoke = "arn:aws:states:::lambda:invoke"
	store := state{
		Type: "Task", Resource: lambdaInvoke, TimeoutSeconds: a.taskTimeoutSeconds,
		Parameters:     invoke(a.storeOrder),
		ResultSelector: map[string]any{"order.$": "$.Payload.order", "stored.$": "$.Payload.stored"},
		ResultPath:     "$.store",
		Retry:          patiently(transient...),
	}
	place, remove := store, store
	place.Next, remove.Next = "WriteInvoice", "OrderCompleted"
	// After such an error nobody knows whether the order was stored; what is refused was not.
	place.Catch = []catcher{{ErrorEquals: transient, ResultPath: "$.failure", Next: "TakeBackOrder"}}
	return machine{
		Comment:        "Places an order, or completes it",
		StartAt:        "WhatHappened",
		TimeoutSeconds: a.timeoutSeconds(),
		States: map[string]state{
			"WhatHappened": {
				Type: "Choice",
				Choices: []choice{{
					And: []test{
						{Variable: "$.order.eventtype[0]", IsPresent: true},
						{Variable: "$.order.eventtype[0]", StringEquals: "order_completed"},
					},
					Next: "RemoveOrder",
				}},
				Default: "StoreOrder",
			},
			"RemoveOrder":    remove,
			"OrderCompleted": {Type: "Succeed"},
			"StoreOrder":     place,
			"WriteInvoice": {
				Type: "Task", Resource: lambdaInvoke, TimeoutSeconds: a.taskTimeoutSeconds,
				Parameters:     invoke(a.writeInvoice),
				ResultSelector: map[string]any{"invoiceid.$": "$.Payload.invoiceid", "key.$": "$.Payload.key"},
				ResultPath:     "$.invoice",
				Retry:          patiently(transient...),
				Catch:          []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.failure", Next: "TakeBackOrder"}},
				Next:           "Notify",
			},
			"TakeBackOrder": {
				Type: "Task", Resource: lambdaInvoke, TimeoutSeconds: a.taskTimeoutSeconds,
				Parameters:     invoke(a.takeBackOrder),
				ResultSelector: map[string]any{"takenback.$": "$.Payload.takenback"},
				ResultPath:     "$.takeback",
				Retry:          patiently(transient...),
				Next:           "OrderFailed",
			},
			"OrderFailed": {Type: "Fail", ErrorPath: "$.failure.Error", CausePath: "$.failure.Cause"},
			"Notify": {
				Type: "Task", Resource: "arn:aws:states:::sns:publish", TimeoutSeconds: a.taskTimeoutSeconds,
				Parameters: map[string]any{
					"TopicArn": a.topic,
					"Message":  map[string]any{"order.$": "$.store.order", "invoiceid.$": "$.invoice.invoiceid"},
				},
				ResultSelector: map[string]any{"messageid.$": "$.MessageId"},
				ResultPath:     "$.notification",
				// Whatever SNS says may be different a moment later, but for what is certain.
				Retry: patiently("States.TaskFailed", "States.Timeout"),
				Catch: []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.notification", Next: "NotificationFailed"}},
				Next:  "OrderPlaced",
			},
			"NotificationFailed": {
				Type: "Pass", Comment: "The order stands. The error is in the output and in the log.", Next: "OrderPlaced",
			},
			"OrderPlaced": {Type: "Succeed"},
		},
	}
}

// definition renders the machine as the text that Step Functions takes.
func (m machine) definition() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("rendering the state machine: %w", err)
	}
	return string(text), nil
}
