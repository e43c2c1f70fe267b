package bench

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// functions are those that complete an order, by pattern: an order is completed once each of them has logged it.
var functions = map[string][]string{
	"fanout":       {"store-order", "write-invoice"},
	"orchestrator": {"store-order-task", "write-invoice-task"},
	"eventstream":  {"project-order", "invoice-order"},
	"checker":      {"ship-order"},
}

const (
	rounds  = 6
	orders  = 2000 // of a round. A log group of the embedded cloud keeps 8 MiB, which suffices for 10,000.
	clients = 16   // orders placed at once
)

// BenchmarkPatterns measures the throughput, latency and memory of each pattern, one after the other on the same cloud.
func BenchmarkPatterns(b *testing.B) {
	d := newDeployment(b)
	d.up(b, "all")
	for _, name := range []string{"fanout", "orchestrator", "eventstream", "checker"} {
		b.Run(name, func(b *testing.B) {
			sampled := 0
			traced := trace(&sampled)
			place := d.placeCoffee(name, traced)
			if name == "checker" {
				place = d.placeChecker(b, traced)
			}
			section(name, fmt.Sprintf("%d rounds of %d orders, %d at a time.", rounds, orders, clients),
				"round", "traced", "accepted/s", "completed/s", "p50", "p90", "p99")
			var total time.Duration
			for i := range rounds {
				sampled = samplings[i%len(samplings)]
				r := d.round(b, name, orders, place)
				total += quantile(r.completed, 1)
				row(i+1, fmt.Sprintf("%d %%", sampled), perSecond(orders, r.accepted), perSecond(orders, quantile(r.completed, 1)),
					short(r.answers.Latency(50)), short(r.answers.Latency(90)), short(r.answers.Latency(99)))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(rounds*orders/total.Seconds(), "completed/s")
			fmt.Fprintf(&page, "\nMemory (RSS) after these %d orders: %s.\n", rounds*orders, memory(b, d.cloud.PID))
		})
	}
}

// samplings are the percentages of orders that are traced, in turn.
var samplings = []int{5, 100}

// trace decides for each order whether it is traced, as a client does that sends a tracing header. *percent may change between
// rounds.
func trace(percent *int) auth.Authorize {
	return func(r *http.Request) error {
		sampled := 0
		if rand.IntN(100) < *percent {
			sampled = 1
		}
		r.Header.Set("X-Amzn-Trace-Id", fmt.Sprintf("Root=1-%08x-%016x%08x;Sampled=%d", time.Now().Unix(), rand.Uint64(), rand.Uint32(), sampled))
		return nil
	}
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

// place places n orders, and returns the ids of those that were accepted.
type place func(n int) (ids []string, answers *load.Answers, err error)

// round places n orders, and waits until all are completed.
func (d *deployment) round(b *testing.B, pattern string, n int, place place) (r round) {
	b.Helper()
	began := time.Now()
	ids, answers, err := place(n)
	r.answers, r.accepted = answers, time.Since(began)
	require.NoError(b, err)
	require.Len(b, ids, n, "not accepted: %v", answers.Reasons)
	logs := d.await(b, pattern, ids, began)
	for _, id := range ids {
		at, _ := completed(id, logs)
		r.completed = append(r.completed, at.Sub(began))
	}
	return r
}

// placeCoffee places orders of a coffee pattern. authorize is called with each request; nil for nothing.
func (d *deployment) placeCoffee(pattern string, authorize auth.Authorize) place {
	return func(n int) (ids []string, answers *load.Answers, err error) {
		answers, err = (&coffeeclient.Load{
			Client:    coffeeclient.NewClient(d.outputs[pattern].URL, clients).Authorized(authorize),
			Generator: coffeeclient.NewGenerator(rand.Uint64(), time.Now), Count: n, AtOnce: clients,
			Accepted: func(o coffee.Order) error { ids = append(ids, o.OrderID); return nil },
		}).Run(ctx)
		return ids, answers, err
	}
}

// placeChecker sets the balances of the checker's customers and products. They suffice for a million orders, so that all
// are shipped, and there are so many that transactions rarely conflict.
func (d *deployment) placeChecker(b *testing.B, authorize auth.Authorize) place {
	b.Helper()
	o := d.outputs["checker"]
	client, generator := checkerclient.NewClient(o.URL, o.APIKey, clients), checkerclient.NewGenerator(rand.Uint64(), 1_000_000, 1000, 100)
	require.NoError(b, client.SetBalances(ctx, generator.Opening, clients))
	client.Authorized(authorize)
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
	return func(n int) (ids []string, answers *load.Answers, err error) {
		answers, err = (&checkerclient.Load{
			Client: client, Next: next, Count: n, AtOnce: clients,
			Accepted: func(r checker.Record) error { ids = append(ids, r.OrderID); return nil },
		}).Run(ctx)
		return ids, answers, err
	}
}

// await waits until orders that were placed since a time are completed, and returns the logs of the pattern's functions.
func (d *deployment) await(b *testing.B, pattern string, ids []string, since time.Time) (logs []logged) {
	b.Helper()
	for limit := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Second) { // reading the logs more often would be a load of its own
		logs = nil
		for _, name := range functions[pattern] {
			logs = append(logs, d.logs(b, d.outputs[pattern].Functions[name].LogGroup, since))
		}
		left := 0
		for _, id := range ids {
			if _, ok := completed(id, logs); !ok {
				left++
			}
		}
		if left == 0 {
			return logs
		}
		require.True(b, time.Now().Before(limit), "%d of %d orders are not completed", left, len(ids))
	}
}

// memory describes the resident memory of the embedded cloud's process and of its children, which are the functions.
func memory(b *testing.B, cloud int) string {
	b.Helper()
	text, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,rss=").Output()
	require.NoError(b, err)
	var inCloud, processes, inFunctions, unshared int // kB
	for line := range strings.Lines(string(text)) {
		var pid, parent, rss, pss int
		_, err := fmt.Sscan(line, &pid, &parent, &rss)
		require.NoError(b, err, line)
		switch cloud {
		case pid:
			inCloud = rss
		case parent:
			// Pss divides a page among the processes that share it. It is known on Linux only.
			_, _ = fmt.Sscan(field(fmt.Sprintf("/proc/%d/smaps_rollup", pid), "Pss"), &pss)
			processes, inFunctions, unshared = processes+1, inFunctions+rss, unshared+pss
		}
	}
	return fmt.Sprintf("the embedded cloud %d MB; the functions' %d processes %d MB together, %d MB with the pages that they share counted once",
		inCloud/1000, processes, inFunctions/1000, unshared/1000)
}
