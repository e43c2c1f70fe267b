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

// retrier has MaxAttempts even if they are 0, for which the States Language's default would be 3.
type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int `json:",omitempty"`
	MaxAttempts     int
	BackoffRate     float64 `json:",omitempty"`
	MaxDelaySeconds int     `json:",omitempty"`
	JitterStrategy  string  `json:",omitempty"`
}

type catcher struct {
	ErrorEquals []string
	ResultPath  string
	Next        string
}

type choice struct {
	Variable     string
	StringEquals string
	Next         string
}

// orderMachineArgs are what differs between machines.
type orderMachineArgs struct {
	storeOrder, writeInvoice, takeBackOrder string // function ARNs
	topic                                   string // ARN
	failureQueue                            string // URL
	partition                               string // such as aws
	taskTimeoutSeconds                      int    // of one attempt at a task
	express                                 bool
	callers                                 bool // the input names the caller, unless the caller may act for any account
}

// expressSeconds is when Step Functions ends an Express execution, whatever it is doing:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const expressSeconds = 5 * 60

// tasksInARow is how many tasks an execution runs one after another, at most, before it moves its input to the failure queue.
const tasksInARow = 3

// Within its five minutes, an Express execution must also move its input to the failure queue. It keeps moveSeconds for that,
// and spareSeconds for what passes between tasks. Each of the tasks before has the same share of the rest.
const (
	spareSeconds       = 15
	moveSeconds        = 30
	moveTimeoutSeconds = 5 // of one attempt at moving, in an Express execution
	expressTaskSeconds = (expressSeconds - moveSeconds - spareSeconds) / tasksInARow
)

// permanent are the errors of functions after which a retry cannot succeed: the order is not valid, or of another account
// than the caller's, or the table or the bucket does not accept this request from anybody. They also mean that nothing was
// written.
var permanent = []string{"InvalidOrder", "NotAllowed", "StoreRefused", "InvoiceRefused"}

// The retries of a Standard execution. With full jitter a delay is half of its limit on average, so that all of them
// together take a day and a half; that they take less than a day is less likely than one in 10^12. The history of an
// execution has at most 25,000 events; these are three for each attempt.
const (
	standardRetries  = 270
	standardMaxDelay = 15 * 60
)

// retry retries everything but permanent errors: throttling, errors of Lambda itself, a function that crashed or timed out,
// a missing permission, an outage. States.ALL stands for all of these, and must be alone and the last:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
// https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
//
// The delays double. Each is random between 0 and its limit, so that executions that failed at the same time do not retry at
// the same time.
func retry(r retrier) []retrier {
	r.ErrorEquals, r.BackoffRate, r.JitterStrategy = []string{"States.ALL"}, 2, "FULL"
	return []retrier{{ErrorEquals: permanent}, r}
}

// longRetry is that of a task of a Standard machine. It outlasts an outage of a day.
var longRetry = retrier{IntervalSeconds: 1, MaxAttempts: standardRetries, MaxDelaySeconds: standardMaxDelay}

// shortRetry fits all attempts at a task of an Express machine and the delays between them into a number of seconds.
func shortRetry(seconds, timeoutSeconds int) retrier {
	r := retrier{IntervalSeconds: 2, MaxDelaySeconds: expressSeconds}
	for seconds -= timeoutSeconds; ; r.MaxAttempts++ {
		if seconds -= timeoutSeconds + r.IntervalSeconds<<r.MaxAttempts; seconds < 0 {
			return r
		}
	}
}

// longest is how many seconds all attempts at a task take, and the delays between them.
func (s state) longest() (seconds int) {
	r := s.Retry[len(s.Retry)-1]
	delay := r.IntervalSeconds
	for range r.MaxAttempts {
		seconds += delay
		delay = min(2*delay, r.MaxDelaySeconds)
	}
	return seconds + (1+r.MaxAttempts)*s.TimeoutSeconds
}

// orderMachine stores an order, writes its invoice, publishes a notification, and succeeds. The input is
// {"orderid", "requestid", "accepted", "body"}, and "caller" where tokens are verified; see [Execution].
//
// The function that stores the order validates all of it. If the invoice cannot be written, or it is unknown whether the
// order was stored, the order is taken back. Whatever failed for good, its input is moved to the failure queue, and the
// execution fails with that error. If the notification cannot be published, the order stands, and the output says so.
func orderMachine(a orderMachineArgs) machine {
	integration := func(action string) string { return "arn:" + a.partition + ":states:::" + action }
	task, move := longRetry, longRetry
	moveTimeout := a.taskTimeoutSeconds
	if a.express {
		task, move = shortRetry(expressTaskSeconds, a.taskTimeoutSeconds), shortRetry(moveSeconds, moveTimeoutSeconds)
		moveTimeout = moveTimeoutSeconds
	}
	// invoke runs a function with the execution's input. The name of the execution tells the function attempts at the same
	// order apart, and the number of retries counts an order once.
	invoke := func(function string) state {
		return state{
			Type: "Task", Resource: integration("lambda:invoke"), TimeoutSeconds: a.taskTimeoutSeconds,
			Parameters: map[string]any{
				"FunctionName": function,
				"Payload": map[string]any{
					"orderid.$": "$.orderid", "requestid.$": "$.requestid", "accepted.$": "$.accepted", "body.$": "$.body",
					"execution.$": "$$.Execution.Name", "attempt.$": "$$.State.RetryCount",
				},
			},
			Retry: retry(task),
		}
	}
	all := func(to, next string) catcher {
		return catcher{ErrorEquals: []string{"States.ALL"}, ResultPath: to, Next: next}
	}

	store := invoke(a.storeOrder)
	if a.callers {
		// The function gets the whole input, because a path to a caller that is not there would fail the execution.
		// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
		store.Parameters = map[string]any{"FunctionName": a.storeOrder, "Payload.$": `States.JsonMerge($$.Execution.Input, ` +
			`States.StringToJson(States.Format('\{"execution":"{}","attempt":{}\}', $$.Execution.Name, $$.State.RetryCount)), false)`}
	}
	store.ResultSelector = map[string]any{"order.$": "$.Payload.order", "stored.$": "$.Payload.stored"}
	store.ResultPath, store.Next = "$.store", "WhatHappened"
	// After any other error it is unknown whether the order was stored.
	store.Catch = []catcher{{ErrorEquals: permanent, ResultPath: "$.failure", Next: "MoveToFailureQueue"}, all("$.failure", "TakeBackOrder")}

	invoice := invoke(a.writeInvoice)
	invoice.ResultSelector = map[string]any{"invoiceid.$": "$.Payload.invoiceid", "key.$": "$.Payload.key"}
	invoice.ResultPath, invoice.Next = "$.invoice", "Notify"
	invoice.Catch = []catcher{all("$.failure", "TakeBackOrder")}

	// A completion is not taken back: the function refuses it. A failure here is not the one that matters.
	back := invoke(a.takeBackOrder)
	back.ResultSelector = map[string]any{"takenback.$": "$.Payload.takenback"}
	back.ResultPath, back.Next = "$.takeback", "MoveToFailureQueue"
	back.Catch = []catcher{all("$.takeback", "MoveToFailureQueue")}

	m := machine{
		Comment: "Places an order, or completes it",
		StartAt: "StoreOrder",
		States: map[string]state{
			"StoreOrder": store,
			"WhatHappened": {
				Type:    "Choice",
				Choices: []choice{{Variable: "$.store.order.eventtype[0]", StringEquals: "order_completed", Next: "OrderCompleted"}},
				Default: "WriteInvoice",
			},
			"OrderCompleted": {Type: "Succeed"},
			"WriteInvoice":   invoice,
			"TakeBackOrder":  back,
			"MoveToFailureQueue": {
				// https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html
				Type: "Task", Resource: integration("sqs:sendMessage"), TimeoutSeconds: moveTimeout,
				Parameters: map[string]any{
					"QueueUrl": a.failureQueue,
					"MessageBody": map[string]any{
						"input.$": "$$.Execution.Input", "error.$": "$.failure.Error", "cause.$": "$.failure.Cause",
						"execution.$": "$$.Execution.Id", "time.$": "$$.State.EnteredTime",
					},
				},
				ResultSelector: map[string]any{"messageid.$": "$.MessageId"},
				ResultPath:     "$.moved",
				Retry:          retry(move)[1:],
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
				Retry:          retry(task)[1:],
				Catch:          []catcher{all("$.notification", "NotificationFailed")},
				Next:           "OrderPlaced",
			},
			"NotificationFailed": {
				Type: "Pass", Comment: "The order stands. The error is in the output and in the log.", Next: "OrderPlaced",
			},
			"OrderPlaced": {Type: "Succeed"},
		},
	}
	// A machine that timed out between two tasks would leave an order without its invoice. So it outlasts all of them.
	m.TimeoutSeconds = expressSeconds
	if !a.express {
		m.TimeoutSeconds = (tasksInARow+1)*store.longest() + standardMaxDelay
	}
	return m
}

// definition renders the machine as the text that Step Functions takes.
func (m machine) definition() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("rendering the state machine: %w", err)
	}
	return string(text), nil
}
