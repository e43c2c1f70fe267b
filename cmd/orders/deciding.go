package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
)

// progress is what is known of one order of the checker pattern.
type progress struct {
	checker.Record
	fault string // why it could not be looked at last time; "" if it could
}

func (p *progress) decided() bool {
	return p.Status == checker.Shipped || p.Status == checker.Rejected
}

func (p *progress) String() string {
	text := fmt.Sprintf("order %s of customer %s: %s", p.OrderID, p.CustomerID, p.Status)
	for _, more := range slices.Concat(p.Logs, []string{p.fault}) {
		if more != "" {
			text += "; " + more
		}
	}
	return text
}

// deciding looks at orders until all are decided or the time is up.
type deciding struct {
	client *checkerclient.Client
	orders []*progress
}

func newDeciding(c *checkerclient.Client, captured []checker.Record) *deciding {
	d := &deciding{client: c}
	for _, r := range captured {
		d.orders = append(d.orders, &progress{Record: r})
	}
	return d
}

// run looks for at most the time that the flags give, and prints the outcome, with times counted from since. The books
// tell what there was before.
func (d *deciding) run(ctx context.Context, out io.Writer, f checkoutFlags, since time.Time, books checkerclient.Books) error {
	deadline := time.Now().Add(f.wait)
	pending := d.orders
	for {
		d.round(ctx, pending, f.atOnce)
		pending = slices.DeleteFunc(slices.Clone(pending), (*progress).decided)
		left := time.Until(deadline)
		if len(pending) == 0 || left <= 0 {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped with %d orders not decided", len(pending))
		case <-time.After(min(pollEvery, left)):
		}
	}
	took, n := time.Since(since), len(d.orders)
	if len(pending) == 0 {
		fmt.Fprintf(out, "%d accepted orders: all decided %s after the first was placed: %.1f/s\n", n, seconds(took), float64(n)/took.Seconds())
	} else {
		fmt.Fprintf(out, "%d accepted orders: %d decided %s after the first was placed\n", n, n-len(pending), seconds(took))
	}
	d.report(out)
	for _, p := range pending {
		fmt.Fprintf(out, "undecided: %s\n", p)
	}
	wrong := d.wrong(books)
	for _, violation := range wrong {
		fmt.Fprintf(out, "wrong: %s\n", violation)
	}
	switch {
	case len(pending) > 0:
		return fmt.Errorf("%d of %d accepted orders are not decided", len(pending), n)
	case len(wrong) > 0:
		return fmt.Errorf("the orders do not add up: %d faults", len(wrong))
	}
	return nil
}

// wrong is what must not be of the orders that are decided.
func (d *deciding) wrong(books checkerclient.Books) []string {
	for _, p := range d.orders {
		if p.decided() {
			books.Accepted, books.Orders = append(books.Accepted, p.Order), append(books.Orders, p.Record)
		}
	}
	return books.Violations()
}

// report counts the orders by status, those that were rejected by reason, and shows one of each status.
func (d *deciding) report(out io.Writer) {
	counts, reasons, examples := map[checker.Status]int{}, map[string]int{}, map[checker.Status]*progress{}
	for _, p := range d.orders {
		counts[p.Status]++
		examples[p.Status] = p
		if p.Status == checker.Rejected {
			reasons[checkerclient.Kind(p.Logs)]++
		}
	}
	statuses := slices.Sorted(maps.Keys(counts))
	for _, status := range statuses {
		fmt.Fprintf(out, "  %-13s %d\n", status, counts[status])
		if status != checker.Rejected {
			continue
		}
		for _, reason := range byCount(reasons) {
			fmt.Fprintf(out, "    %d times: %s\n", reasons[reason], reason)
		}
	}
	for _, status := range statuses {
		if p := examples[status]; p.decided() {
			fmt.Fprintf(out, "for example %s\n", p)
		}
	}
}

// byCount gives what was counted, the most frequent first.
func byCount(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
}

// round looks once at everything that was not decided before.
func (d *deciding) round(ctx context.Context, pending []*progress, atOnce int) {
	work := make(chan *progress)
	var workers sync.WaitGroup
	for range min(atOnce, len(pending)) {
		workers.Go(func() {
			for p := range work {
				status, logs, err := d.client.Status(ctx, p.OrderID)
				if err != nil {
					p.fault = load.Reason(err)
					continue
				}
				p.Status, p.Logs, p.fault = status, logs, ""
			}
		})
	}
	for _, p := range pending {
		if ctx.Err() != nil {
			break
		}
		work <- p
	}
	close(work)
	workers.Wait()
}
