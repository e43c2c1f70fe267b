// Package findings sends the findings of a check to the queue of findings. A check never writes to the order itself: update-order, the
// consumer of the queue, applies the findings.
package findings

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/checker"
)

// SendMessageAPI is the part of an SQS client that a Queue uses. It needs sqs:SendMessage on the queue.
type SendMessageAPI interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Queue is the queue of findings. All fields are required.
type Queue struct {
	Client SendMessageAPI
	URL    string
}

// Send sends a finding, and logs that the order was checked. An order that is delivered again gives another finding. Only the first one is
// applied.
func (q *Queue) Send(ctx context.Context, f checker.Finding) error {
	message, err := f.JSON()
	if err != nil {
		return err
	}
	if _, err := q.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(q.URL), MessageBody: aws.String(string(message))}); err != nil {
		return fmt.Errorf("sending the finding of the %s check on order %s: %w", f.Check, f.OrderID, err)
	}
	outcome := "insufficient"
	if f.Passed {
		outcome = "sufficient"
	}
	slog.InfoContext(trace.Annotate(ctx, "orderId", f.OrderID, "outcome", outcome), "order checked", "check", f.Check, "passed", f.Passed)
	return nil
}
