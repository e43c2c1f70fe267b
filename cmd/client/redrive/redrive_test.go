package redrive_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/redrive"
)

// cloud is a failure queue and a state machine in memory.
type cloud struct {
	redrive.MachineAPI
	messages []types.Message
	started  map[string]string // input by name
	fails    func(arn string)  // is told of each start
	deleteOK bool
	list     map[sfntypes.ExecutionStatus][]sfntypes.ExecutionListItem
	last     map[string]sfntypes.HistoryEventType // the event before the end, by execution
	redriven []string
	express  bool
}

func (c *cloud) add(id, body string) {
	c.messages = append(c.messages, types.Message{MessageId: &id, ReceiptHandle: &id, Body: &body})
}

func (c *cloud) ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	return &sqs.ReceiveMessageOutput{Messages: slices.Clone(c.messages[:min(2, len(c.messages))])}, nil
}

func (c *cloud) DeleteMessage(_ context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	if !c.deleteOK {
		return nil, errors.New("no")
	}
	c.messages = slices.DeleteFunc(c.messages, func(m types.Message) bool { return *m.ReceiptHandle == *in.ReceiptHandle })
	return &sqs.DeleteMessageOutput{}, nil
}

func (c *cloud) StartExecution(_ context.Context, in *sfn.StartExecutionInput, _ ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error) {
	if _, exists := c.started[*in.Name]; exists {
		return nil, &sfntypes.ExecutionAlreadyExists{}
	}
	c.started[*in.Name] = *in.Input
	arn := "execution:" + *in.Name
	if c.fails != nil {
		c.fails(arn)
	}
	return &sfn.StartExecutionOutput{ExecutionArn: &arn}, nil
}

func (c *cloud) ListExecutions(_ context.Context, in *sfn.ListExecutionsInput, _ ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error) {
	if c.express {
		return nil, &sfntypes.StateMachineTypeNotSupported{}
	}
	return &sfn.ListExecutionsOutput{Executions: c.list[in.StatusFilter]}, nil
}

func (c *cloud) GetExecutionHistory(_ context.Context, in *sfn.GetExecutionHistoryInput, _ ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error) {
	return &sfn.GetExecutionHistoryOutput{Events: []sfntypes.HistoryEvent{
		{Type: sfntypes.HistoryEventTypeExecutionFailed}, {Type: c.last[*in.ExecutionArn]},
	}}, nil
}

func (c *cloud) RedriveExecution(_ context.Context, in *sfn.RedriveExecutionInput, _ ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error) {
	if *in.ExecutionArn == "deleting" {
		return nil, &sfntypes.ExecutionNotRedrivable{Message: aws.String("State machine is in DELETING status")}
	}
	c.redriven = append(c.redriven, *in.ExecutionArn)
	return &sfn.RedriveExecutionOutput{}, nil
}

func newCloud() *cloud { return &cloud{started: map[string]string{}, deleteOK: true} }

// run returns the redrive of c, and what it reports.
func (c *cloud) run() (*redrive.Redrive, *[]redrive.Order) {
	var reported []redrive.Order
	return &redrive.Redrive{
		Queue: c, Machine: c, QueueURL: "https://queue", MachineARN: "machine",
		Report: func(o redrive.Order) { reported = append(reported, o) },
	}, &reported
}

func outcomes(orders []redrive.Order) (list []string) {
	for _, o := range orders {
		list = append(list, string(o.Outcome)+" "+o.Failed)
	}
	return list
}

func TestEachFailedOrderIsStartedAgainWithItsWholeInput(t *testing.T) {
	c := newCloud()
	for _, id := range []string{"m1", "m2", "m3"} {
		c.add(id, `{"input":{"n":1.50,"body":"`+id+`"},"error":"StoreUnavailable","cause":"c","execution":"of-`+id+`","time":"2026-03-01T08:30:00Z"}`)
	}
	r, reported := c.run()
	require.NoError(t, r.Messages(t.Context()))
	require.Equal(t, []string{"started of-m1", "started of-m2", "started of-m3"}, outcomes(*reported))
	require.Empty(t, c.messages)
	inputs := map[string]bool{}
	for name, input := range c.started {
		require.LessOrEqual(t, len(name), 80)
		inputs[input] = true
	}
	require.Equal(t, map[string]bool{`{"n":1.50,"body":"m1"}`: true, `{"n":1.50,"body":"m2"}`: true, `{"n":1.50,"body":"m3"}`: true}, inputs)
}

func TestAMessageThatWasNotDeletedStartsNothingTwice(t *testing.T) {
	c := newCloud()
	c.add("m1", `{"input":{},"error":"E","execution":"e1"}`)
	c.deleteOK = false
	r, _ := c.run()
	require.ErrorContains(t, r.Messages(t.Context()), "deleting message m1")
	c.deleteOK = true
	r, reported := c.run()
	require.NoError(t, r.Messages(t.Context()))
	require.Equal(t, []string{"started e1"}, outcomes(*reported))
	require.Len(t, c.started, 1)
	require.Empty(t, c.messages)
}

func TestAnOrderThatWouldFailAgainStaysInTheQueue(t *testing.T) {
	for _, name := range []string{"InvalidOrder", "NotAllowed"} {
		c := newCloud()
		c.add("m1", `{"input":{},"error":"`+name+`","execution":"e1"}`)
		c.add("m2", `text`)
		r, reported := c.run()
		require.NoError(t, r.Messages(t.Context()))
		require.Len(t, c.messages, 2)
		require.Equal(t, []string{"left e1", "left "}, outcomes(*reported))
		require.Contains(t, (*reported)[1].Error, "message m2 is not of the machine")

		r, reported = c.run()
		r.Invalid = true
		require.NoError(t, r.Messages(t.Context()))
		require.Equal(t, []string{"started e1", "left "}, outcomes(*reported))
	}
}

func TestAnOrderThatFailsAgainAtOnceIsNotStartedForever(t *testing.T) {
	c := newCloud()
	c.fails = func(arn string) { c.add("again", `{"input":{},"error":"StoreRefused","execution":"`+arn+`"}`) }
	c.add("m1", `{"input":{},"error":"StoreRefused","execution":"e1"}`)
	r, reported := c.run()
	require.NoError(t, r.Messages(t.Context()))
	require.Len(t, *reported, 2)
	require.Equal(t, redrive.Left, (*reported)[1].Outcome)
	require.Len(t, c.started, 1)
	require.Len(t, c.messages, 1)
}

func TestStandardExecutionsThatEndedOutsideTheFailStateAreRedriven(t *testing.T) {
	c := newCloud()
	item := func(arn string, status sfntypes.ExecutionStatus, stopped time.Duration) sfntypes.ExecutionListItem {
		return sfntypes.ExecutionListItem{ExecutionArn: &arn, Status: status, StopDate: aws.Time(time.Now().Add(-stopped))}
	}
	c.list = map[sfntypes.ExecutionStatus][]sfntypes.ExecutionListItem{
		sfntypes.ExecutionStatusTimedOut: {item("hung", "TIMED_OUT", time.Hour), item("deleting", "TIMED_OUT", time.Hour)},
		sfntypes.ExecutionStatusFailed:   {item("queued", "FAILED", time.Hour), item("unsent", "FAILED", time.Hour), item("old", "FAILED", 15*24*time.Hour)},
	}
	c.last = map[string]sfntypes.HistoryEventType{"queued": sfntypes.HistoryEventTypeFailStateEntered, "unsent": sfntypes.HistoryEventTypeTaskFailed}
	r, reported := c.run()
	require.NoError(t, r.Unfinished(t.Context()))
	require.Equal(t, []string{"hung", "unsent"}, c.redriven)
	require.Equal(t, []string{"redriven hung", "left deleting", "redriven unsent"}, outcomes(*reported))
	c.express = true
	require.NoError(t, r.Unfinished(t.Context()), "an Express machine has none")
}
