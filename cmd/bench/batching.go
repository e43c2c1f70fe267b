package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
)

// batchings are settings of the eventstream pattern's readers: records, and seconds. The last is the default.
var batchings = []struct {
	name         string
	size, window int
}{{"cheap", 100, 30}, {"quick", 10, 2}, {"default", 100, 0}}

const (
	rate      = 100              // orders a second of the steady load
	steadyFor = 60 * time.Second // how long it is measured
	warmUp    = 200              // orders before the measured ones, which start the functions
)

// printBatching compares the cost and the delay of batch settings.
func (d *deployment) printBatching(ctx context.Context, out io.Writer, s settings) error {
	fmt.Fprintf(out, "\n## EventStream: batches of the readers\n\nInvocations and delay are of %s with %d orders a second. Full speed is %d orders, %d at a time.\n\n",
		steadyFor, rate, s.orders, clients)
	header(out, "setting", "batch", "window", "invocations of project-order for 1,000 orders", "of invoice-order", "delay p50", "p99",
		"accepted/s", "completed/s, half", "completed/s, all")
	for _, b := range batchings {
		if err := d.up(ctx, fmt.Sprintf("readerBatchSize=%d", b.size), fmt.Sprintf("readerBatchingWindowSeconds=%d", b.window)); err != nil {
			return err
		}
		if _, err := d.round(ctx, eventStream, warmUp, d.placeCoffee); err != nil {
			return err
		}
		full, err := d.round(ctx, eventStream, s.orders, d.placeCoffee)
		if err != nil {
			return err
		}
		delays, invocations, err := d.steadyLoad(ctx, time.Duration(b.window)*time.Second)
		if err != nil {
			return err
		}
		row(out, b.name, b.size, fmt.Sprintf("%d s", b.window), invocations[0], invocations[1], short(quantile(delays, 0.5)), short(quantile(delays, 0.99)),
			perSecond(s.orders, full.accepted), perSecond((s.orders+1)/2, quantile(full.completed, 0.5)), perSecond(s.orders, quantile(full.completed, 1)))
	}
	return nil
}

// steadyLoad places orders at a steady rate. It returns the delay from the answer to the client until an order is stored,
// and the invocations of each reader for 1,000 orders. The load goes on for another window, which is not measured: without
// it, the last measured batches would not be filled.
func (d *deployment) steadyLoad(ctx context.Context, window time.Duration) (delays []time.Duration, invocations []string, err error) {
	began := time.Now()
	end := began.Add(steadyFor)
	accepted, err := placeSteadily(ctx, d.outputs[eventStream.name].URL, steadyFor+window+time.Second)
	if err != nil {
		return nil, nil, err
	}
	logs, err := d.await(ctx, eventStream, slices.Collect(maps.Keys(accepted)), began)
	if err != nil {
		return nil, nil, err
	}
	for id, at := range accepted {
		if at.Before(end) {
			// An order may be stored before its client has the answer.
			delays = append(delays, max(0, logs[0].orders[id].Sub(at)))
		}
	}
	for _, l := range logs {
		orders := before(maps.Values(l.orders), end)
		invocations = append(invocations, fmt.Sprintf("%.1f", 1000*float64(before(slices.Values(l.reports), end))/float64(orders)))
	}
	return delays, invocations, nil
}

// before counts the times before end.
func before(times iter.Seq[time.Time], end time.Time) (n int) {
	for at := range times {
		if at.Before(end) {
			n++
		}
	}
	return n
}

// placeSteadily places rate orders a second, however long the answers take, and returns when each was accepted.
func placeSteadily(ctx context.Context, url string, duration time.Duration) (map[string]time.Time, error) {
	client, generator := coffeeclient.NewClient(url, rate), coffeeclient.NewGenerator(rand.Uint64(), time.Now)
	accepted := map[string]time.Time{}
	var mu sync.Mutex
	requests, ctx := errgroup.WithContext(ctx)
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for end := time.Now().Add(duration); time.Now().Before(end) && ctx.Err() == nil; <-tick.C {
		o := generator.Next()
		requests.Go(func() error {
			id, err := client.Place(ctx, o)
			if err != nil {
				return fmt.Errorf("an order was not accepted: %w", err)
			}
			mu.Lock()
			defer mu.Unlock()
			accepted[id] = time.Now()
			return nil
		})
	}
	return accepted, requests.Wait()
}
