package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// pattern is what the measuring has to know of a deployed one.
type pattern struct {
	part, name string
	// prepare comes before the first order. Nil for nothing.
	prepare func(context.Context) error
	// place places so many orders, so many at once, and gives the ids of those that were accepted.
	place func(ctx context.Context, n, atOnce int) (ids []string, answers *load.Answers, err error)
	// watch begins to look after the orders of a round that began at a time.
	watch func(ids []string, begun time.Time) look
	// failed is an error if any order was given up. It is asked now and then while orders are under way.
	failed func(context.Context) error
	// check is an error unless all orders, so many since the pattern was deployed, were dealt with.
	check func(ctx context.Context, placed int) error
	// placed counts the orders since the pattern was deployed.
	placed int
}

// look counts the orders that are not completed, roughly until there are none, and tells when the last one was.
type look func(context.Context) (left int, last time.Time, err error)

func (d *deployment) patterns() []*pattern {
	return []*pattern{d.fanOut(), d.orchestrator(), d.eventStream(), d.checker()}
}

func (d *deployment) fanOut() *pattern {
	o := d.outputs.FanOut
	return &pattern{
		part: "fanout", name: "FanOut",
		place: placeCoffee(o.URL),
		// A message is deleted once its function has dealt with it.
		watch:  d.underWay(func(ctx context.Context) (int, error) { return d.depths(ctx, o.StoreQueueURL, o.InvoiceQueueURL) }),
		failed: d.deadLetters(o.StoreDeadLettersURL, o.InvoiceDeadLettersURL),
		check:  d.storedAndInvoiced(o.TableName, o.BucketName),
	}
}

func (d *deployment) orchestrator() *pattern {
	o := d.outputs.Orchestrator
	return &pattern{
		part: "orchestrator", name: "Orchestrator",
		place: placeCoffee(o.URL),
		watch: d.underWay(func(ctx context.Context) (int, error) {
			return d.executions(ctx, o.StateMachineARN, sfntypes.ExecutionStatusRunning)
		}),
		failed: func(ctx context.Context) error {
			n, err := d.executions(ctx, o.StateMachineARN, sfntypes.ExecutionStatusFailed, sfntypes.ExecutionStatusTimedOut, sfntypes.ExecutionStatusAborted)
			return orError(n, "executions failed", err)
		},
		check: d.storedAndInvoiced(o.TableName, o.BucketName),
	}
}

func (d *deployment) eventStream() *pattern {
	o := d.outputs.EventStream
	return &pattern{
		part: "eventstream", name: "EventStream",
		place:  placeCoffee(o.URL),
		watch:  func(ids []string, begun time.Time) look { return d.readers(begun).of(ids) },
		failed: d.deadLetters(o.ProjectFailuresURL, o.InvoiceFailuresURL),
		check:  d.storedAndInvoiced(o.TableName, o.BucketName),
	}
}

// placeCoffee places orders that every coffee pattern takes.
func placeCoffee(url string) func(context.Context, int, int) ([]string, *load.Answers, error) {
	return func(ctx context.Context, n, atOnce int) (ids []string, answers *load.Answers, err error) {
		placing := coffeeclient.Load{
			Client: coffeeclient.NewClient(url, atOnce), Generator: coffeeclient.NewGenerator(rand.Uint64(), time.Now), Count: n, AtOnce: atOnce,
			Accepted: func(o coffee.Order) error {
				ids = append(ids, o.OrderID)
				return nil
			},
		}
		answers, err = placing.Run(ctx)
		return ids, answers, err
	}
}

// underWay looks at a pattern where orders that are under way can be counted.
func (d *deployment) underWay(count func(context.Context) (int, error)) func([]string, time.Time) look {
	return func([]string, time.Time) look {
		return func(ctx context.Context) (int, time.Time, error) {
			n, err := count(ctx)
			return n, time.Now(), err
		}
	}
}

func (d *deployment) deadLetters(urls ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		n, err := d.depths(ctx, urls...)
		return orError(n, "messages were given up", err)
	}
}

// orError makes an error of a number that is not zero.
func orError(n int, what string, err error) error {
	if err != nil || n == 0 {
		return err
	}
	return fmt.Errorf("%d %s", n, what)
}

// storedAndInvoiced checks that a table has as many items as orders were placed, and a bucket as many invoices.
func (d *deployment) storedAndInvoiced(table, bucket string) func(context.Context, int) error {
	return func(ctx context.Context, placed int) error {
		items, err := d.items(ctx, table)
		if err != nil {
			return err
		}
		invoices, err := d.invoices(ctx, bucket)
		if err != nil {
			return err
		}
		return errors.Join(amount("items", items, placed), amount("invoices", invoices, placed))
	}
}

func amount(what string, n, want int) error {
	if n == want {
		return nil
	}
	return fmt.Errorf("%d %s instead of %d", n, what, want)
}

// executions counts a state machine's executions of some statuses, of each up to the first page of 1,000.
func (d *deployment) executions(ctx context.Context, machineARN string, statuses ...sfntypes.ExecutionStatus) (n int, err error) {
	machines := sfn.NewFromConfig(d.config())
	for _, status := range statuses {
		page, err := machines.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &machineARN, StatusFilter: status, MaxResults: 1000})
		if err != nil {
			return 0, fmt.Errorf("listing executions: %w", err)
		}
		n += len(page.Executions)
	}
	return n, nil
}

// depths is how many messages queues hold, those in flight included.
func (d *deployment) depths(ctx context.Context, urls ...string) (n int, err error) {
	names := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	queues := sqs.NewFromConfig(d.config())
	for _, url := range urls {
		got, err := queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
		if err != nil {
			return 0, fmt.Errorf("counting the messages of %s: %w", url, err)
		}
		for _, name := range names {
			some, err := strconv.Atoi(got.Attributes[string(name)])
			if err != nil {
				return 0, fmt.Errorf("the attribute %s of %s: %w", name, url, err)
			}
			n += some
		}
	}
	return n, nil
}
