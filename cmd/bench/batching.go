package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// readerNames are the functions that read the stream.
var readerNames = []string{"project-order", "invoice-order"}

// batching is how the readers of the stream get their batches.
type batching struct {
	name          string
	size, seconds int
}

// batchings are compared. The last is the default, which the stack is left with.
var batchings = []batching{{"cheap", 100, 30}, {"quick", 10, 2}, {"default", 100, 0}}

func longestWindow() (seconds int) {
	for _, b := range batchings {
		seconds = max(seconds, b.seconds)
	}
	return seconds
}

const (
	// warmUp is how many orders come before those that are measured, so that functions are started.
	warmUp = 200
	// settle is how long the report of an invocation may take to be in the log.
	settle = time.Second
)

// readers follows the orders that are stored and invoiced. An invoice that was there already was written by an earlier
// try.
func (d *deployment) readers(begun time.Time) *completions {
	f := d.outputs.EventStream.Functions
	return &completions{journals: []*journal{
		d.journal(f["project-order"].LogGroup, `"order stored"`, begun, "order stored"),
		d.journal(f["invoice-order"].LogGroup, "invoice", begun, "invoice written", "invoice was there already"),
	}}
}

// printBatching compares what settings of the stream's readers cost, and how late they are.
func (d *deployment) printBatching(ctx context.Context, out io.Writer, s settings, p *pattern) error {
	stream, err := kinesis.NewFromConfig(d.config()).DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &d.outputs.EventStream.StreamName})
	if err != nil {
		return fmt.Errorf("describing the stream: %w", err)
	}
	fmt.Fprintf(out, "\n## EventStream: batches of the readers\n\nA stream of %d shards. Invocations and delay: of %d s with %d orders a second, in a load that goes on for another window;\n"+
		"the delay is from the answer to the client until the order is stored. Full speed: %d orders, %d at a time, completed until half\n"+
		"of them are, and until all are; the last batches wait for their window to end.\n\n",
		*stream.StreamDescriptionSummary.OpenShardCount, s.steady, s.rate, s.orders, s.clients)
	fmt.Fprintf(out, "| setting | batch | window | invocations of project-order per 1,000 orders | of invoice-order | delay p50 | p99 | accepted/s | completed/s, half | completed/s, all |\n"+
		"|---|---|---|---|---|---|---|---|---|---|\n")
	for _, b := range batchings {
		config := []string{fmt.Sprintf("readerBatchSize=%d", b.size), fmt.Sprintf("readerBatchingWindowSeconds=%d", b.seconds)}
		if _, _, err := d.up(ctx, config...); err != nil {
			return err
		}
		if err := d.printOne(ctx, out, s, p, b); err != nil {
			return fmt.Errorf("batches of %d in %d s: %w", b.size, b.seconds, err)
		}
	}
	return nil
}

func (d *deployment) printOne(ctx context.Context, out io.Writer, s settings, p *pattern, b batching) error {
	if _, err := p.round(ctx, min(warmUp, s.orders), s.clients); err != nil {
		return err
	}
	full, err := p.round(ctx, s.orders, s.clients)
	if err != nil {
		return err
	}
	done := d.readers(full.begun)
	if err := done.read(ctx); err != nil {
		return err
	}
	half := quantile(since(full.begun, full.ids, done.at), 0.5)
	st, err := d.steadyLoad(ctx, s, p, b)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "| %s | %d | %d s |", b.name, b.size, b.seconds)
	for _, n := range st.invocations {
		fmt.Fprintf(out, " %.1f |", n)
	}
	fmt.Fprintf(out, " %s | %s | %.0f | %.0f | %.0f |\n", short(quantile(st.delays, 0.5)), short(quantile(st.delays, 0.99)),
		perSecond(s.orders, full.accepted), perSecond((s.orders+1)/2, half), perSecond(s.orders, full.completed))
	return nil
}

// steadyState is what a steady load comes to.
type steadyState struct {
	delays      []time.Duration // from accepted to stored, of each order
	invocations []float64       // of the readers, in the order of their names, per 1,000 orders
}

// steadyLoad places orders at a steady rate. Those of the last window are only there for the ones before them, whose
// batches would otherwise not fill.
func (d *deployment) steadyLoad(ctx context.Context, s settings, p *pattern, b batching) (st steadyState, err error) {
	// Reports of what came before do not count.
	if err := sleep(ctx, settle); err != nil {
		return st, err
	}
	client := coffeeclient.NewClient(d.outputs.EventStream.URL, s.rate)
	begun := time.Now()
	end := begun.Add(time.Duration(s.steady) * time.Second)
	accepted, err := steadily(ctx, s.rate, s.rate*(s.steady+b.seconds), coffeeclient.NewGenerator(rand.Uint64(), time.Now).Next,
		func(ctx context.Context, o coffee.Order) (string, error) { return client.Place(ctx, o) })
	if err != nil {
		return st, err
	}
	if _, err := p.finish(ctx, slices.Collect(maps.Keys(accepted)), begun); err != nil {
		return st, err
	}
	done := d.readers(begun)
	if err := done.read(ctx); err != nil {
		return st, err
	}
	st.delays = delays(accepted, done.journals[0].times, end)
	if err := sleep(ctx, settle); err != nil {
		return st, err
	}
	for i, name := range readerNames {
		n, err := d.invocations(ctx, d.outputs.EventStream.Functions[name].LogGroup, begun, end)
		if err != nil {
			return st, err
		}
		handled := before(done.journals[i].times, end)
		if handled == 0 {
			return st, fmt.Errorf("%s has handled no order in %d s", name, s.steady)
		}
		st.invocations = append(st.invocations, 1000*float64(n)/float64(handled))
	}
	return st, nil
}

// delays are how long orders that were accepted before end took to be stored.
func delays(accepted, stored map[string]time.Time, end time.Time) (all []time.Duration) {
	for id, at := range accepted {
		if at.Before(end) {
			// An order may be stored before its client has the answer.
			all = append(all, max(0, stored[id].Sub(at)))
		}
	}
	return all
}

// before counts what was before a moment.
func before(times map[string]time.Time, end time.Time) (n int) {
	for _, at := range times {
		if at.Before(end) {
			n++
		}
	}
	return n
}

// since is how long after a moment each order was completed. All are.
func since(begun time.Time, ids []string, completed func(string) (time.Time, bool)) (took []time.Duration) {
	for _, id := range ids {
		at, _ := completed(id)
		took = append(took, at.Sub(begun))
	}
	return took
}

// invocations counts those of a function that ended from one moment until another: Lambda logs a report of each.
func (d *deployment) invocations(ctx context.Context, group string, begun, end time.Time) (n int, err error) {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(d.config()), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, FilterPattern: aws.String(`"platform.report"`), StartTime: aws.Int64(begun.UnixMilli()), EndTime: aws.Int64(end.UnixMilli() - 1),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("counting the invocations in %s: %w", group, err)
		}
		n += len(page.Events)
	}
	return n, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// short writes a duration from milliseconds to minutes with the digits that matter.
func short(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}
