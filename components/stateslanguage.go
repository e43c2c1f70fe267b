package components

import (
	"encoding/json"
	"fmt"
	"maps"
)

// This file models state machines in the Amazon States Language, https://states-language.net/spec.html, as typed values. It does not depend
// on Pulumi: see orderMachine and taskMachine.

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
	Result     any            `json:",omitempty"`
	Resource   string         `json:",omitempty"`
	Parameters map[string]any `json:",omitempty"`
	// ResultSelector and ResultPath select what of a task's result is added to the state's input, and where.
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

// retrier always renders MaxAttempts: without it, the default of the States Language would be 3.
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

// definition renders the machine as JSON.
func (m machine) definition() (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("rendering the state machine: %w", err)
	}
	return string(text), nil
}

// machineTargets are what every machine uses besides its functions.
type machineTargets struct {
	topic        string // ARN
	failureQueue string // URL
	partition    string // such as aws
	express      bool
}

// integration returns the resource of a task that calls a service:
// https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
func (t machineTargets) integration(action string) string {
	return "arn:" + t.partition + ":states:::" + action
}

// move returns the state that moves the execution's input to the failure queue, with the contents of $.failure, and with more.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-sqs.html
func (t machineTargets) move(timeoutSeconds int, next string, more map[string]any) state {
	r := longRetry
	if t.express {
		timeoutSeconds, r = moveTimeoutSeconds, shortRetry(moveSeconds, moveTimeoutSeconds)
	}
	body := map[string]any{
		"input.$": "$$.Execution.Input", "error.$": "$.failure.Error", "cause.$": "$.failure.Cause",
		"execution.$": "$$.Execution.Id", "time.$": "$$.State.EnteredTime",
	}
	maps.Copy(body, more)
	return state{
		Type: "Task", Resource: t.integration("sqs:sendMessage"), TimeoutSeconds: timeoutSeconds,
		Parameters:     map[string]any{"QueueUrl": t.failureQueue, "MessageBody": body},
		ResultSelector: map[string]any{"messageid.$": "$.MessageId"},
		ResultPath:     "$.moved",
		Retry:          retry(nil, r),
		Next:           next,
	}
}

// failed returns the state that ends an execution with the error in $.failure.
func failed() state {
	return state{Type: "Fail", ErrorPath: "$.failure.Error", CausePath: "$.failure.Cause"}
}

// notify returns the state that publishes parameters to the topic. If it fails for good, the state unpublished gets the error in
// $.notification.
func (t machineTargets) notify(timeoutSeconds int, r retrier, parameters map[string]any, next, unpublished string) state {
	parameters["TopicArn"] = t.topic
	return state{
		Type: "Task", Resource: t.integration("sns:publish"), TimeoutSeconds: timeoutSeconds,
		Parameters:     parameters,
		ResultSelector: map[string]any{"messageid.$": "$.MessageId"},
		ResultPath:     "$.notification",
		Retry:          retry(nil, r),
		Catch:          []catcher{catchAll("$.notification", unpublished)},
		Next:           next,
	}
}

// catchAll catches every error that States.ALL matches.
func catchAll(to, next string) catcher {
	return catcher{ErrorEquals: []string{"States.ALL"}, ResultPath: to, Next: next}
}
