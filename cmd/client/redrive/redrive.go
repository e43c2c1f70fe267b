// Package redrive starts the Orchestrator's failed executions again.
//
// An execution that failed for good has moved its input to the failure queue, and ended in a Fail state. RedriveExecution would enter that
// state again and fail again (https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html), and Express executions cannot
// be redriven. So the input starts a new execution. This is safe: every step is idempotent, and another execution may place an order again
// that was taken back.
//
// A Standard execution that ended in another state is not in the queue: it timed out, or could not send the message. It is redriven, and
// continues at that state.
package redrive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/uuid"
)

// QueueAPI is the part of an SQS client that a Redrive uses. It needs sqs:ReceiveMessage and sqs:DeleteMessage on the failure queue.
type QueueAPI interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

// MachineAPI is the part of a Step Functions client that a Redrive uses. It needs states:StartExecution on the machine. Unfinished also
// needs states:ListExecutions on the machine, and states:GetExecutionHistory and states:RedriveExecution on its executions.
type MachineAPI interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
	RedriveExecution(context.Context, *sfn.RedriveExecutionInput, ...func(*sfn.Options)) (*sfn.RedriveExecutionOutput, error)
	ListExecutions(context.Context, *sfn.ListExecutionsInput, ...func(*sfn.Options)) (*sfn.ListExecutionsOutput, error)
	GetExecutionHistory(context.Context, *sfn.GetExecutionHistoryInput, ...func(*sfn.Options)) (*sfn.GetExecutionHistoryOutput, error)
}

// Redrive says what to start again. Any error of an API stops it.
type Redrive struct {
	Queue   QueueAPI   // Required
	Machine MachineAPI // Required

	QueueURL, MachineARN string // Required
	// Invalid also starts orders again that are not valid or not allowed. They fail again unless a function was changed.
	Invalid bool
	// Report is called with each order. Required.
	Report func(Order)

	left    map[string]bool // messages that stay in the queue, by id
	started map[string]bool // executions of this run, by ARN
}

// Order is the result for one failed order.
type Order struct {
	Outcome Outcome
	Failed  string // the execution that failed
	Error   string // why it failed
	Started string // the execution that runs now; empty if the order was left
}

// Outcome is the outcome for an order.
type Outcome string

const (
	Started  Outcome = "started"  // with the same input, and the message is deleted
	Redriven Outcome = "redriven" // it continues at the state in which it ended
	Left     Outcome = "left"     // the message stays in the queue
)

// message is the message that the machine sends to the failure queue.
type message struct {
	Input            json.RawMessage
	Error, Execution string
}

// invalid are the errors of orders that would fail again: the order is not valid, or belongs to another account than the caller's.
var invalid = []string{"InvalidOrder", "NotAllowed"}

const (
	// visibility is the visibility timeout of messages that stay, in seconds. It is longer than a batch takes.
	visibility = 60
	// rounds is the number of empty receives in a row that end the run.
	rounds = 2
)

// namespace is the namespace of the names of executions, which are derived from messages. So a message that is received again does not
// start a second execution.
var namespace = uuid.MustParse("8f0a3c5e-5a2f-4b6e-9a39-0c7f1e6d2b41")

// Messages starts the executions in the failure queue again, until it has seen every message.
func (r *Redrive) Messages(ctx context.Context) error {
	r.left, r.started = map[string]bool{}, map[string]bool{}
	for empty := 0; empty < rounds; empty++ {
		out, err := r.Queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &r.QueueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, VisibilityTimeout: visibility,
		})
		if err != nil {
			return fmt.Errorf("receiving from %s: %w", r.QueueURL, err)
		}
		for _, m := range out.Messages {
			if r.left[aws.ToString(m.MessageId)] {
				continue
			}
			empty = -1
			if err := r.message(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Redrive) message(ctx context.Context, m types.Message) error {
	var failed message
	err := json.Unmarshal([]byte(aws.ToString(m.Body)), &failed)
	if err == nil && len(failed.Input) == 0 {
		err = errors.New("it has no input")
	}
	o := Order{Outcome: Left, Failed: failed.Execution, Error: failed.Error}
	switch {
	case err != nil:
		o.Error = fmt.Sprintf("message %s is not of the machine: %v", aws.ToString(m.MessageId), err)
	case slices.Contains(invalid, failed.Error) && !r.Invalid:
	case r.started[failed.Execution]: // it has failed again
	default:
		o.Outcome = Started
		if o.Started, err = r.start(ctx, m, failed); err != nil {
			return err
		}
	}
	if o.Outcome == Left {
		r.left[aws.ToString(m.MessageId)] = true
	}
	r.Report(o)
	return nil
}

func (r *Redrive) start(ctx context.Context, m types.Message, failed message) (arn string, err error) {
	name := uuid.NewSHA1(namespace, []byte(aws.ToString(m.MessageId))).String()
	out, err := r.Machine.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &r.MachineARN, Name: &name, Input: aws.String(string(failed.Input)),
	})
	var exists *sfntypes.ExecutionAlreadyExists
	switch {
	case errors.As(err, &exists): // an earlier run did not delete the message
		arn = name
	case err != nil:
		return "", fmt.Errorf("starting the order of %s again: %w", failed.Execution, err)
	default:
		arn = aws.ToString(out.ExecutionArn)
		r.started[arn] = true
	}
	if _, err := r.Queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &r.QueueURL, ReceiptHandle: m.ReceiptHandle}); err != nil {
		return "", fmt.Errorf("deleting message %s, which was started as %s: %w", aws.ToString(m.MessageId), arn, err)
	}
	return arn, nil
}

// redrivable is how long after its end an execution can be redriven.
const redrivable = 14 * 24 * time.Hour

// Unfinished redrives the Standard executions that ended in another state than the Fail state. Express machines have none.
func (r *Redrive) Unfinished(ctx context.Context) error {
	for _, status := range []sfntypes.ExecutionStatus{sfntypes.ExecutionStatusTimedOut, sfntypes.ExecutionStatusFailed} {
		pages := sfn.NewListExecutionsPaginator(r.Machine, &sfn.ListExecutionsInput{StateMachineArn: &r.MachineARN, StatusFilter: status})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			var express *sfntypes.StateMachineTypeNotSupported
			if errors.As(err, &express) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("listing executions: %w", err)
			}
			for _, e := range page.Executions {
				if err := r.unfinished(ctx, e); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *Redrive) unfinished(ctx context.Context, e sfntypes.ExecutionListItem) error {
	if e.StopDate != nil && time.Since(*e.StopDate) > redrivable {
		return nil
	}
	// The last events are those of the end, and of the state before it.
	history, err := r.Machine.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
		ExecutionArn: e.ExecutionArn, ReverseOrder: true, MaxResults: 2,
	})
	if err != nil {
		return fmt.Errorf("reading the history of %s: %w", aws.ToString(e.ExecutionArn), err)
	}
	if slices.ContainsFunc(history.Events, func(e sfntypes.HistoryEvent) bool { return e.Type == sfntypes.HistoryEventTypeFailStateEntered }) {
		return nil
	}
	_, err = r.Machine.RedriveExecution(ctx, &sfn.RedriveExecutionInput{ExecutionArn: e.ExecutionArn})
	var not *sfntypes.ExecutionNotRedrivable
	if errors.As(err, &not) {
		r.Report(Order{Outcome: Left, Failed: aws.ToString(e.ExecutionArn), Error: not.ErrorMessage()})
		return nil
	}
	if err != nil {
		return fmt.Errorf("redriving %s: %w", aws.ToString(e.ExecutionArn), err)
	}
	r.Report(Order{Outcome: Redriven, Failed: aws.ToString(e.ExecutionArn), Error: string(e.Status), Started: aws.ToString(e.ExecutionArn)})
	return nil
}
