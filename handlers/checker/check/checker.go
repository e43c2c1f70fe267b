// Package checker is what check-balance and check-stock share: each order of an SQS batch is looked at, and what was
// found is sent to the queue of findings. A checker never writes the order: who applies the findings decides.
package check

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/order/checker"
)

// atOnce is how many orders of a batch are checked side by side: a whole batch of the default size.
const atOnce = 10

// SendAPI is what a Checker needs of an SQS client: sqs:SendMessage on the queue.
type SendAPI interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Checker makes one of the checks. All fields are required.
type Checker struct {
	Check    checker.Check
	Findings SendAPI
	QueueURL string
	Judge    Judge
}

// Judge says whether an order passes, and why, for its logs. An error means that it cannot be told now.
type Judge func(context.Context, checker.Order) (passed bool, log string, err error)

// Handle checks the orders of a batch, each on its own. An order that comes again is checked again, and gives another
// finding, of which the first that is applied counts.
func (c *Checker) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	return sqsbatch.Process(ctx, batch, atOnce, c.check), nil
}

func (c *Checker) check(ctx context.Context, m events.SQSMessage) error {
	o, err := checker.Parse([]byte(m.Body))
	if err != nil {
		return err
	}
	passed, log, err := c.Judge(ctx, o)
	if err != nil {
		return fmt.Errorf("checking the %s of order %s: %w", c.Check, o.OrderID, err)
	}
	finding, err := checker.Finding{OrderID: o.OrderID, Check: c.Check, Passed: passed, Log: log}.JSON()
	if err != nil {
		return err
	}
	if _, err := c.Findings.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(c.QueueURL), MessageBody: aws.String(string(finding))}); err != nil {
		return fmt.Errorf("sending the finding of the %s check on order %s: %w", c.Check, o.OrderID, err)
	}
	slog.InfoContext(ctx, "order checked", "orderId", o.OrderID, "check", c.Check, "passed", passed, "messageId", m.MessageId)
	return nil
}
