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

// orderMachineArgs are what differs between machines.
type orderMachineArgs struct {
	storeOrder, writeInvoice, takeBackOrder string // function ARNs
	topic                                   string // ARN
	partition                               string // such as aws
	taskTimeoutSeconds                      int    // of one attempt at a task
	express                                 bool
}

// expressSeconds is when Step Functions ends an Express execution, whatever it is doing:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const expressSeconds = 5 * 60

// tasksInARow is how many tasks an execution runs one after another, at most.
const tasksInARow = 3

// timeoutSeconds ends an execution that hangs. It is twice what all attempts at the tasks and the delays between them take,
// so that a stored order can always be taken back.
func (a orderMachineArgs) timeoutSeconds() int {
	seconds := 2 * tasksInARow * ((1+retries)*a.taskTimeoutSeconds + retryWaitSeconds)
	if a.express {
		return min(seconds, expressSeconds)
	}
	return seconds
}

// transient are the errors after which a retry may succeed: those of Lambda itself, of a function that crashed or timed
// out, and the functions' own errors of these names.
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

// retry retries up to five times, after 1, 2, 4, 8 and 16 seconds at most. Each delay is random between 0 and that, so that
// executions that failed at the same time do not retry at the same time.
func retry(errors ...string) []retrier {
	return []retrier{{
		ErrorEquals: errors, IntervalSeconds: 1, MaxAttempts: retries, BackoffRate: 2, MaxDelaySeconds: 20, JitterStrategy: "FULL",
	}}
}

// invoke runs a function with the execution's input, which is the same for all functions.
func invoke(function string) map[string]any {
	return map[string]any{
		"FunctionName": function,
		"Payload":      map[string]any{"orderid.$": "$.orderid", "requestid.$": "$.requestid", "order.$": "$.order"},
	}
}

// orderMachine stores an order, writes its invoice, publishes a notification, and succeeds. The input is
// {"orderid", "requestid", "order"}.
//
// If the invoice cannot be written, or it is unknown whether the order was stored, the order is taken back and the execution
// fails with that error. If the notification cannot be published, the order stands, and the output says so.
func orderMachine(a orderMachineArgs) machine {
	integration := func(action string) string { return "arn:" + a.partition + ":states:::" + action }
	lambdaInvoke := integration("lambda:invoke")
	store := state{
		Type: "Task", Resource: lambdaInvoke, TimeoutSeconds: a.taskTimeoutSeconds,
		Parameters:     invoke(a.storeOrder),
		ResultSelector: map[string]any{"order.$": "$.Payload.order", "stored.$": "$.Payload.stored"},
		ResultPath:     "$.store",
		Retry:          retry(transient...),
	}
	place, remove := store, store
	place.Next, remove.Next = "WriteInvoice", "OrderCompleted"
	// After these errors it is unknown whether the order was stored. After all others it was not.
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
				Retry:          retry(transient...),
				Catch:          []catcher{{ErrorEquals: []string{"States.ALL"}, ResultPath: "$.failure", Next: "TakeBackOrder"}},
				Next:           "Notify",
			},
			"TakeBackOrder": {
				Type: "Task", Resource: lambdaInvoke, TimeoutSeconds: a.taskTimeoutSeconds,
				Parameters:     invoke(a.takeBackOrder),
				ResultSelector: map[string]any{"takenback.$": "$.Payload.takenback"},
				ResultPath:     "$.takeback",
				Retry:          retry(transient...),
				Next:           "OrderFailed",
			},
			"OrderFailed": {Type: "Fail", ErrorPath: "$.failure.Error", CausePath: "$.failure.Cause"},
			"Notify": {
				Type: "Task", Resource: integration("sns:publish"), TimeoutSeconds: a.taskTimeoutSeconds,
				Parameters: map[string]any{
					"TopicArn": a.topic,
					"Message":  map[string]any{"order.$": "$.store.order", "invoiceid.$": "$.invoice.invoiceid"},
				},
				ResultSelector: map[string]any{"messageid.$": "$.MessageId"},
				ResultPath:     "$.notification",
				// Every error of SNS may be transient.
				Retry: retry("States.TaskFailed", "States.Timeout"),
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
