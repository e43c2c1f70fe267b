package bench

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
)

const (
	roundCount = 6
	orders     = 2000 // of a round. A log group of the embedded cloud keeps 8 MiB, which suffices for 10,000.
	clients    = 16   // orders placed at once
)

// BenchmarkPatterns measures the throughput, latency and memory of each pattern, one after the other on the same cloud.
func BenchmarkPatterns(b *testing.B) {
	d := newDeployment(b)
	d.up(b, "all")
	for _, name := range []string{"fanout", "orchestrator", "eventstream", "checker"} {
		b.Run(name, func(b *testing.B) {
			sampled := 0
			p := d.pattern(b, name, trace(&sampled))
			section(name, fmt.Sprintf("%d rounds of %d orders, %d at a time.", roundCount, orders, clients),
				"round", "traced", "accepted/s", "completed/s", "p50", "p90", "p99")
			var total time.Duration
			for i := range roundCount {
				sampled = samplings[i%len(samplings)]
				r := round(b, p, orders)
				total += rounds.Quantile(r.Completed, 1)
				row(i+1, fmt.Sprintf("%d %%", sampled), perSecond(orders, r.Accepted), perSecond(orders, rounds.Quantile(r.Completed, 1)),
					short(r.Answers.Latency(50)), short(r.Answers.Latency(90)), short(r.Answers.Latency(99)))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(roundCount*orders/total.Seconds(), "completed/s")
			fmt.Fprintf(&page, "\nMemory (RSS) after these %d orders: %s.\n", roundCount*orders, memory(b, d.cloud.PID))
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

// pattern returns a deployed pattern to place orders in. authorize is called with each request; nil for nothing.
func (d *deployment) pattern(b *testing.B, name string, authorize auth.Authorize) *rounds.Pattern {
	b.Helper()
	p := &rounds.Pattern{
		Name: name, Outputs: d.outputs[name], Logs: cloudwatchlogs.NewFromConfig(d.cloud.Config("us-east-1")), AtOnce: clients, Authorize: authorize,
	}
	require.NoError(b, p.Prepare(ctx))
	return p
}

// round places n orders, and waits until all are completed.
func round(b *testing.B, p *rounds.Pattern, n int) rounds.Round {
	b.Helper()
	r, err := p.Round(ctx, n)
	require.NoError(b, err)
	return r
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
