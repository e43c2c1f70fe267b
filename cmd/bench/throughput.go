package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/load"
)

const (
	// drainEvery is the pause between two looks at what is under way, once all orders are placed: often enough to be exact,
	// and seldom enough to be no load.
	drainEvery = 20 * time.Millisecond
	// failedEvery is the pause between two looks at what was given up, which would be waited for in vain.
	failedEvery = 2 * time.Second
	drainLimit  = 5 * time.Minute
)

// printPatterns places orders with the patterns that are chosen.
func (d *deployment) printPatterns(ctx context.Context, out io.Writer, s settings) error {
	patterns := d.patterns()
	if slices.ContainsFunc(patterns, func(p *pattern) bool { return s.measure(p.part) }) {
		fmt.Fprintf(out, "\n## Throughput on the embedded cloud\n\n%d rounds of %d orders, %d at a time. Accepted: answered with success, from the first request to the last answer.\n"+
			"Completed: stored and invoiced, or shipped, from the first request until the last order is.\n", s.rounds, s.orders, s.clients)
	}
	for _, p := range patterns {
		if !s.measure(p.part) {
			continue
		}
		if err := d.printRounds(ctx, out, s, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	if !s.measure("batching") {
		return nil
	}
	stream := patterns[slices.IndexFunc(patterns, func(p *pattern) bool { return p.part == "eventstream" })]
	return d.printBatching(ctx, out, s, stream)
}

func (d *deployment) printRounds(ctx context.Context, out io.Writer, s settings, p *pattern) error {
	fmt.Fprintf(out, "\n%s:\n\n| round | accepted/s | completed/s | p50 | p90 | p99 |\n|---|---|---|---|---|---|\n", p.name)
	if p.prepare != nil {
		if err := p.prepare(ctx); err != nil {
			return err
		}
	}
	for i := range s.rounds {
		r, err := p.round(ctx, s.orders, s.clients)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %d | %.0f | %.0f | %s | %s | %s |\n", i+1, perSecond(s.orders, r.accepted), perSecond(s.orders, r.completed),
			milliseconds(r.answers.Latency(50)), milliseconds(r.answers.Latency(90)), milliseconds(r.answers.Latency(99)))
	}
	m, err := memoryOf(ctx, d.cloud.PID)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nMemory (RSS) after these %d orders: the embedded cloud %.0f MB; its %d functions' processes %.0f MB together",
		p.placed, megabytes(m.cloud), len(m.functions), megabytes(m.inFunctions))
	if n := shared(m.functions); n > 0 {
		fmt.Fprintf(out, ", %.0f MB with the pages that they share counted once", megabytes(n))
	}
	fmt.Fprintln(out, ".")
	return nil
}

func perSecond(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// round is how one round of orders went.
type round struct {
	begun               time.Time
	ids                 []string
	accepted, completed time.Duration // of the last order, since the first request
	answers             *load.Answers
}

// round places orders, waits until all are completed, and makes sure that none is missing.
func (p *pattern) round(ctx context.Context, n, atOnce int) (r round, err error) {
	r.begun = time.Now()
	r.ids, r.answers, err = p.place(ctx, n, atOnce)
	r.accepted = time.Since(r.begun)
	if err != nil {
		return r, err
	}
	if accepted := r.answers.Accepted(); accepted != n {
		return r, fmt.Errorf("%d of %d orders were not accepted: %v", n-accepted, n, r.answers.Reasons)
	}
	last, err := p.finish(ctx, r.ids, r.begun)
	r.completed = last.Sub(r.begun)
	return r, err
}

// finish waits until orders that were accepted are completed, and makes sure that they and all before them are there.
func (p *pattern) finish(ctx context.Context, ids []string, begun time.Time) (last time.Time, err error) {
	p.placed += len(ids)
	if last, err = p.drain(ctx, p.watch(ids, begun)); err != nil {
		return last, err
	}
	// Counting all is a load of its own, and comes after the time is taken.
	return last, errors.Join(p.check(ctx, p.placed), p.failed(ctx))
}

// drain waits until nothing is under way, and tells when the last order was completed.
func (p *pattern) drain(ctx context.Context, look look) (time.Time, error) {
	begun := time.Now()
	for asked := begun; ; {
		left, last, err := look(ctx)
		if left == 0 || err != nil {
			return last, err
		}
		if time.Since(asked) > failedEvery {
			if err := p.failed(ctx); err != nil {
				return last, err
			}
			asked = time.Now()
		}
		if time.Since(begun) > drainLimit {
			return last, fmt.Errorf("%d orders are still under way after %s", left, drainLimit)
		}
		select {
		case <-time.After(drainEvery):
		case <-ctx.Done():
			return last, ctx.Err()
		}
	}
}
