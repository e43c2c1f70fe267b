// Package topic publishes orders to the SNS topic of the checks.
package topic

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/order/checker"
)

// PublishAPI is the part of an SNS client that a Topic uses. It needs sns:Publish on the topic.
type PublishAPI interface {
	Publish(context.Context, *sns.PublishInput, ...func(*sns.Options)) (*sns.PublishOutput, error)
}

// Topic is the topic. All fields are required.
type Topic struct {
	Client PublishAPI
	ARN    string
}

// Publish publishes an order, which must be in the table. An order that is published again is checked again, without effect.
func (t *Topic) Publish(ctx context.Context, o checker.Order) error {
	message, err := o.JSON()
	if err != nil {
		return err
	}
	if _, err := t.Client.Publish(ctx, &sns.PublishInput{TopicArn: aws.String(t.ARN), Message: aws.String(string(message))}); err != nil {
		return fmt.Errorf("publishing order %s: %w", o.OrderID, err)
	}
	return nil
}
