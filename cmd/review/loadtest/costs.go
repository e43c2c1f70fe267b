package loadtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
)

// costs measures what each round uses.
type costs struct {
	meter  *meter.Meter
	queues *sqs.Client
	start  time.Time
	// totals are what was used since start: after each round, that which is not measured included.
	totals [][]meter.Quantity
}

func newCosts(cfg aws.Config, resources []meter.Resource) *costs {
	m := meter.New(cfg, resources)
	m.Architecture = "arm64" // the default on AWS
	return &costs{meter: m, queues: sqs.NewFromConfig(cfg), start: time.Now()}
}

func (c *costs) read(ctx context.Context) error {
	used, err := c.meter.Used(ctx, c.start, time.Now())
	c.totals = append(c.totals, used)
	return err
}

// bills returns the bill of each measured round of so many orders.
func (c *costs) bills(ctx context.Context, orders int) ([]meter.Bill, error) {
	prices, err := meter.PricesOf(Region)
	if err != nil {
		return nil, err
	}
	if err := c.read(ctx); err != nil {
		return nil, err
	}
	last := len(c.totals) - 1
	return billsOf(prices, orders, c.totals[:last], c.totals[last])
}

// billsOf returns the bills between totals, for a million orders. end is the total when nothing is left to do: what is used after the last
// round, such as by messages with a delay, is divided equally among all rounds.
func billsOf(prices *meter.Prices, orders int, totals [][]meter.Quantity, end []meter.Quantity) (bills []meter.Bill, err error) {
	rest := meter.Minus(end, totals[len(totals)-1])
	for i := range rest {
		rest[i].Amount /= float64(len(totals))
	}
	for i, total := range totals[1:] {
		bill, err := prices.Bill(slices.Concat(meter.Minus(total, totals[i]), rest))
		if err != nil {
			return nil, err
		}
		bills = append(bills, bill.Orders().ByUnit().PerMillion(orders))
	}
	return bills, nil
}

// drained is how long queues may take to become empty. The outbox of the checker delays its messages by a minute.
const drained = 90 * time.Second

// drain waits until the queues that have a function as their consumer are empty, or the time is over.
func (c *costs) drain(ctx context.Context) error {
	consumed := map[string]bool{} // by ARN
	for _, r := range c.meter.Resources {
		if source, _ := r.Properties["eventSourceArn"].(string); strings.HasPrefix(r.Type, "aws:lambda/eventSourceMapping:") {
			consumed[source] = true
		}
	}
	end := time.Now().Add(drained)
	for _, r := range c.meter.Resources {
		arn, _ := r.Properties["arn"].(string)
		if !strings.HasPrefix(r.Type, "aws:sqs/queue:") || !consumed[arn] {
			continue
		}
		for time.Now().Before(end) {
			empty, err := c.empty(ctx, r.ID)
			if err != nil {
				return fmt.Errorf("reading the queue %s: %w", r.Name, err)
			}
			if empty {
				break
			}
			if err := wait(ctx, time.Second); err != nil {
				return err
			}
		}
	}
	return wait(ctx, pause)
}

// empty returns whether a queue has no message: none to receive, none that is being processed, and none that is delayed.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
func (c *costs) empty(ctx context.Context, url string) (bool, error) {
	out, err := c.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}})
	if err != nil {
		return false, err
	}
	for _, n := range out.Attributes {
		if n != "0" {
			return false, nil
		}
	}
	return true, nil
}
