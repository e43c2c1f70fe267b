package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/internal/coffee"
)

const (
	// drainEvery is the pause between two looks at the queues, once all orders are placed: often enough to be exact,
	// and seldom enough to be no load.
	drainEvery = 20 * time.Millisecond
	drainLimit = 5 * time.Minute
)

// printThroughput places orders with every pattern in rounds, and waits in each until the last is stored and invoiced.
func (d *deployment) printThroughput(ctx context.Context, out io.Writer, s settings) error {
	fmt.Fprintf(out, "\n## Throughput on the embedded cloud\n\n%d rounds of %d orders, %d at a time. Accepted: answered with 202, from the first request to the last answer.\n"+
		"Completed: stored and invoiced, from the first request until nothing is under way any more.\n", s.rounds, s.orders, s.clients)
	for _, p := range d.patterns() {
		if err := d.printRounds(ctx, out, s, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func (d *deployment) printRounds(ctx context.Context, out io.Writer, s settings, p pattern) error {
	fmt.Fprintf(out, "\n%s:\n\n| round | accepted/s | completed/s | p50 | p90 | p99 |\n|---|---|---|---|---|---|\n", p.name)
	client := coffee.NewClient(p.url, s.clients)
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
		if err := drain(ctx, p); err != nil {
			return err
		}
		completed := time.Since(begun)
		fmt.Fprintf(out, "| %d | %.0f | %.0f | %s | %s | %s |\n", round+1, perSecond(s.orders, accepted), perSecond(s.orders, completed),
			milliseconds(answers.Latency(50)), milliseconds(answers.Latency(90)), milliseconds(answers.Latency(99)))
		// Counting all is a load of its own, and comes after the time is taken.
		if err := d.count(ctx, p, placed); err != nil {
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

// drain waits until nothing is under way.
func drain(ctx context.Context, p pattern) error {
	for deadline := time.Now().Add(drainLimit); ; {
		n, err := p.underWay(ctx)
		if n == 0 || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d orders are still under way after %s", n, drainLimit)
		}
		select {
		case <-time.After(drainEvery):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// count makes sure that all orders are in the table and all invoices in the bucket, and none failed.
func (d *deployment) count(ctx context.Context, p pattern, want int) error {
	var errs []error
	check := func(what string, n, want int) {
		if n != want {
			errs = append(errs, fmt.Errorf("%d %s instead of %d", n, what, want))
		}
	}
	items := 0
	scan := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(d.config()), &dynamodb.ScanInput{TableName: &p.table, Select: dynamodbtypes.SelectCount})
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
	list := s3.NewListObjectsV2Paginator(bucket, &s3.ListObjectsV2Input{Bucket: &p.bucket, Prefix: aws.String("invoices/")})
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if err != nil {
			return err
		}
		invoices += len(page.Contents)
	}
	check("invoices", invoices, want)
	failed, err := p.failed(ctx)
	check("failed orders", failed, 0)
	return errors.Join(append(errs, err)...)
}
