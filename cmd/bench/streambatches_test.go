package bench

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
)

const (
	rate      = 100              // orders a second of the steady load
	steadyFor = 60 * time.Second // how long it is measured
	warmUp    = 200              // orders before the measured ones, which start the functions
)

// BenchmarkBatching compares the cost and the delay of batch settings of the eventstream pattern's readers. The last setting
// is the default.
func BenchmarkBatching(b *testing.B) {
	d := newDeployment(b)
	section("EventStream: batches of the readers", fmt.Sprintf("Invocations and delay are of %v s with %d orders a second. Full speed is %d orders, %d at a time.",
		steadyFor.Seconds(), rate, orders, clients), "setting", "batch", "window", "invocations of project-order for 1,000 orders", "of invoice-order",
		"delay p50", "p99", "accepted/s", "completed/s, half", "completed/s, all")
	for _, s := range []struct {
		name         string
		size, window int // records, seconds
	}{{"cheap", 100, 30}, {"quick", 10, 2}, {"default", 100, 0}} {
		b.Run(s.name, func(b *testing.B) {
			d.up(b, "eventstream", fmt.Sprintf("readerBatchSize=%d", s.size), fmt.Sprintf("readerBatchingWindowSeconds=%d", s.window))
			p := d.pattern(b, "eventstream", nil)
			round(b, p, warmUp)
			full := round(b, p, orders)
			delays, invocations := steadyLoad(b, p, time.Duration(s.window)*time.Second)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(rounds.Quantile(delays, 0.5).Milliseconds()), "ms/delay")
			row(s.name, s.size, fmt.Sprintf("%d s", s.window), invocations[0], invocations[1], short(rounds.Quantile(delays, 0.5)), short(rounds.Quantile(delays, 0.99)),
				perSecond(orders, full.Accepted), perSecond(orders/2, rounds.Quantile(full.Completed, 0.5)), perSecond(orders, rounds.Quantile(full.Completed, 1)))
		})
	}
}

// steadyLoad places orders at a steady rate. It returns the delay from the answer to the client until an order is stored,
// and the invocations of each reader for 1,000 orders. The load goes on for another window, which is not measured: without
// it, the last measured batches would not be filled.
func steadyLoad(b *testing.B, p *rounds.Pattern, window time.Duration) (delays []time.Duration, invocations []string) {
	b.Helper()
	began := time.Now()
	end := began.Add(steadyFor)
	accepted, err := placeSteadily(p.Outputs.URL, steadyFor+window+time.Second)
	require.NoError(b, err)
	logs, err := p.Await(ctx, slices.Collect(maps.Keys(accepted)), began)
	require.NoError(b, err)
	for id, at := range accepted {
		if at.Before(end) {
			// An order may be stored before its client has the answer.
			delays = append(delays, max(0, logs[0].Orders[id].Sub(at)))
		}
	}
	for _, l := range logs {
		orders := before(maps.Values(l.Orders), end)
		invocations = append(invocations, fmt.Sprintf("%.1f", 1000*float64(before(slices.Values(l.Reports), end))/float64(orders)))
	}
	return delays, invocations
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
func placeSteadily(url string, duration time.Duration) (map[string]time.Time, error) {
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
