package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// pattern is a pattern to measure. An order is completed once each of its functions has logged it.
type pattern struct {
	name      string
	functions []string
}

var (
	eventStream = pattern{"eventstream", []string{"project-order", "invoice-order"}}
	patterns    = []pattern{
		{"fanout", []string{"store-order", "write-invoice"}},
		{"orchestrator", []string{"store-order-task", "write-invoice-task"}},
		eventStream,
		{"checker", []string{"ship-order"}},
	}
)

const clients = 16 // orders placed at once

// printRounds places orders in rounds, and prints throughput, latency and memory.
func (d *deployment) printRounds(ctx context.Context, out io.Writer, s settings, p pattern) error {
	place := d.placeCoffee
	if p.name == "checker" {
		orders, err := d.prepareChecker(ctx)
		if err != nil {
			return err
		}
		place = orders
	}
	fmt.Fprintf(out, "\n## %s\n\n%d rounds of %d orders, %d at a time.\n\n", p.name, s.rounds, s.orders, clients)
	header(out, "round", "accepted/s", "completed/s", "p50", "p90", "p99")
	for i := range s.rounds {
		r, err := d.round(ctx, p, s.orders, place)
		if err != nil {
			return err
		}
		row(out, i+1, perSecond(s.orders, r.accepted), perSecond(s.orders, quantile(r.completed, 1)),
			short(r.answers.Latency(50)), short(r.answers.Latency(90)), short(r.answers.Latency(99)))
	}
	m, err := memory(ctx, d.cloud.PID)
	fmt.Fprintf(out, "\nMemory (RSS) after these %d orders: %s.\n", s.rounds*s.orders, m)
	return err
}

func perSecond(n int, took time.Duration) string {
	return fmt.Sprintf("%.0f", float64(n)/took.Seconds())
}

// round is the result of a round of orders. Times are counted from its first request.
type round struct {
	answers   *load.Answers
	accepted  time.Duration   // until the last answer
	completed []time.Duration // until each order was completed
}

// place places n orders with a pattern, and returns the ids of those that were accepted.
type place func(ctx context.Context, p pattern, n int) (ids []string, answers *load.Answers, err error)

// round places n orders, and waits until all are completed.
func (d *deployment) round(ctx context.Context, p pattern, n int, place place) (r round, err error) {
	began := time.Now()
	ids, answers, err := place(ctx, p, n)
	r.answers, r.accepted = answers, time.Since(began)
	if err == nil && len(ids) < n {
		err = fmt.Errorf("%d of %d orders were not accepted: %v", n-len(ids), n, answers.Reasons)
	}
	if err != nil {
		return r, err
	}
	logs, err := d.await(ctx, p, ids, began)
	for _, id := range ids {
		at, _ := completed(id, logs)
		r.completed = append(r.completed, at.Sub(began))
	}
	return r, err
}

func (d *deployment) placeCoffee(ctx context.Context, p pattern, n int) (ids []string, answers *load.Answers, err error) {
	answers, err = (&coffeeclient.Load{
		Client:    coffeeclient.NewClient(d.outputs[p.name].URL, clients),
		Generator: coffeeclient.NewGenerator(rand.Uint64(), time.Now), Count: n, AtOnce: clients,
		Accepted: func(o coffee.Order) error { ids = append(ids, o.OrderID); return nil },
	}).Run(ctx)
	return ids, answers, err
}

// prepareChecker sets the balances of the checker's customers and products. They suffice for a million orders, so that all
// are shipped, and there are so many that transactions rarely conflict.
func (d *deployment) prepareChecker(ctx context.Context) (place, error) {
	o := d.outputs["checker"]
	client, generator := checkerclient.NewClient(o.URL, o.APIKey, clients), checkerclient.NewGenerator(rand.Uint64(), 1_000_000, 1000, 100)
	// Orders of unknown customers or products are left out.
	next := func() checker.Order {
		for {
			order := generator.Next()
			_, customer := generator.Opening.Accounts[order.CustomerID]
			_, product := generator.Opening.Stock[order.Items[0].ProductID]
			if customer && product {
				return order
			}
		}
	}
	place := func(ctx context.Context, _ pattern, n int) (ids []string, answers *load.Answers, err error) {
		answers, err = (&checkerclient.Load{
			Client: client, Next: next, Count: n, AtOnce: clients,
			Accepted: func(r checker.Record) error { ids = append(ids, r.OrderID); return nil },
		}).Run(ctx)
		return ids, answers, err
	}
	return place, client.SetBalances(ctx, generator.Opening, clients)
}

const (
	pollEvery  = time.Second // reading the logs more often would be a load of its own
	awaitLimit = 5 * time.Minute
)

// await waits until orders that were placed since a time are completed, and returns the logs of the pattern's functions.
func (d *deployment) await(ctx context.Context, p pattern, ids []string, since time.Time) (logs []logged, err error) {
	ctx, cancel := context.WithTimeout(ctx, awaitLimit)
	defer cancel()
	for {
		logs = nil
		for _, name := range p.functions {
			l, err := d.logs(ctx, d.outputs[p.name].Functions[name].LogGroup, since)
			if err != nil {
				return nil, err
			}
			logs = append(logs, l)
		}
		left := 0
		for _, id := range ids {
			if _, ok := completed(id, logs); !ok {
				left++
			}
		}
		if left == 0 {
			return logs, nil
		}
		select {
		case <-time.After(pollEvery):
		case <-ctx.Done():
			return nil, fmt.Errorf("%d of %d orders are not completed: %w", left, len(ids), ctx.Err())
		}
	}
}

// completed returns when the last of the functions logged an order. It returns false if one has not.
func completed(id string, logs []logged) (last time.Time, ok bool) {
	for _, l := range logs {
		at, ok := l.orders[id]
		if !ok {
			return last, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}
