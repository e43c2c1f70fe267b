package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/order-patterns/order-patterns/internal/coffee"
)

const (
	// drainEvery is the pause between two looks at the queues, once all orders are placed: often enough to be exact,
	// and seldom enough to be no load.
	drainEvery = 20 * time.Millisecond
	drainLimit = 5 * time.Minute
)

// printThroughput places orders in rounds, and waits in each until the last is stored and invoiced.
func (d *deployment) printThroughput(ctx context.Context, out io.Writer, s settings) error {
	fmt.Fprintf(out, "\n## FanOut on the embedded cloud\n\n%d rounds of %d orders, %d at a time. Accepted: answered with 202, from the first request to the last answer.\n"+
		"Completed: stored and invoiced, from the first request until both queues are empty.\n\n", s.rounds, s.orders, s.clients)
	fmt.Fprintf(out, "| round | accepted/s | completed/s | p50 | p90 | p99 |\n|---|---|---|---|---|---|\n")
	client := coffee.NewClient(d.outputs.FanOut.URL, s.clients)
	placed := 0
	for round := range s.rounds {
		load := coffee.Load{Client: client, Generator: coffee.NewGenerator(rand.Uint64(), time.Now), Count: s.orders, AtOnce: s.clients}
		begun := time.Now()
		answers, err := load.Run(ctx)
		accepted := time.Since(begun)
		if err != nil {
			return err
		}
		if answers.Accepted() != s.orders {
			return fmt.Errorf("%d of %d orders were not accepted: %v", s.orders-answers.Accepted(), s.orders, answers.Reasons)
		}
		placed += s.orders
		if err := d.drain(ctx); err != nil {
			return err
		}
		completed := time.Since(begun)
		fmt.Fprintf(out, "| %d | %.0f | %.0f | %s | %s | %s |\n", round+1, perSecond(s.orders, accepted), perSecond(s.orders, completed),
			milliseconds(answers.Latency(50)), milliseconds(answers.Latency(90)), milliseconds(answers.Latency(99)))
		// Counting all is a load of its own, and comes after the time is taken.
		if err := d.count(ctx, placed); err != nil {
			return err
		}
	}
	m, err := memoryOf(ctx, d.cloud.PID)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nMemory (RSS) after these %d orders: the embedded cloud %.0f MB; its %d functions' processes %.0f MB together",
		placed, megabytes(m.cloud), len(m.functions), megabytes(m.inFunctions))
	if n := shared(m.functions); n > 0 {
		fmt.Fprintf(out, ", %.0f MB with the pages that they share counted once", megabytes(n))
	}
	fmt.Fprintln(out, ".")
	return nil
}

func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// drain waits until both queues are empty: a message is deleted once its function has dealt with it.
func (d *deployment) drain(ctx context.Context) error {
	deadline := time.Now().Add(drainLimit)
	for _, url := range []string{d.outputs.FanOut.StoreQueueURL, d.outputs.FanOut.InvoiceQueueURL} {
		for {
			n, err := d.depth(ctx, url)
			if err != nil {
				return err
			}
			if n == 0 {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("%d messages are left in %s after %s", n, url, drainLimit)
			}
			select {
			case <-time.After(drainEvery):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// depth is how many messages a queue holds, those in flight included.
func (d *deployment) depth(ctx context.Context, url string) (n int, err error) {
	names := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages, sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	got, err := sqs.NewFromConfig(d.config()).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		some, err := strconv.Atoi(got.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("the attribute %s of %s: %w", name, url, err)
		}
		n += some
	}
	return n, nil
}

// count makes sure that all orders are in the table and all invoices in the bucket, and none is a dead letter.
func (d *deployment) count(ctx context.Context, want int) error {
	f := d.outputs.FanOut
	var errs []error
	check := func(what string, n, want int) {
		if n != want {
			errs = append(errs, fmt.Errorf("%d %s instead of %d", n, what, want))
		}
	}
	items := 0
	scan := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(d.config()), &dynamodb.ScanInput{TableName: &f.TableName, Select: dynamodbtypes.SelectCount})
	for scan.HasMorePages() {
		page, err := scan.NextPage(ctx)
		if err != nil {
			return err
		}
		items += int(page.Count)
	}
	check("items", items, want)
	invoices := 0
	bucket := s3.NewFromConfig(d.config(), func(o *s3.Options) { o.UsePathStyle = true })
	list := s3.NewListObjectsV2Paginator(bucket, &s3.ListObjectsV2Input{Bucket: &f.BucketName, Prefix: aws.String("invoices/")})
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if err != nil {
			return err
		}
		invoices += len(page.Contents)
	}
	check("invoices", invoices, want)
	for _, url := range []string{f.StoreDeadLettersURL, f.InvoiceDeadLettersURL} {
		n, err := d.depth(ctx, url)
		if err != nil {
			return err
		}
		check("dead letters", n, 0)
	}
	return errors.Join(errs...)
}
