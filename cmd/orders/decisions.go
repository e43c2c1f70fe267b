package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
)

// decision is the known state of an order of the checker pattern.
type decision struct {
	checker.Record
	fault string // why the last request for its status failed; "" if it did not
}

func (d *decision) decided() bool {
	return d.Status == checker.Shipped || d.Status == checker.Rejected
}

func (d *decision) String() string {
	text := fmt.Sprintf("order %s of customer %s: %s", d.OrderID, d.CustomerID, d.Status)
	for _, line := range slices.Concat(d.Logs, []string{d.fault}) {
		if line != "" {
			text += "; " + line
		}
	}
	return text
}

// awaitDecisions waits for at most f.wait until the captured orders are Shipped or Rejected, and prints the result. Times are counted from
// since. audit has the balances before.
func awaitDecisions(cmd *cobra.Command, client *checkerclient.Client, captured []checker.Record, f loadFlags, since time.Time, audit checkerclient.Audit) error {
	out, n := cmd.OutOrStdout(), len(captured)
	var orders []*decision
	for _, r := range captured {
		orders = append(orders, &decision{Record: r})
	}
	look := func(ctx context.Context, d *decision) {
		status, logs, err := client.Status(ctx, d.OrderID)
		if err != nil {
			d.fault = load.Reason(err)
			return
		}
		d.Status, d.Logs, d.fault = status, logs, ""
	}
	pending, err := poll(cmd.Context(), orders, f.atOnce, f.wait, look, (*decision).decided)
	if err != nil {
		return fmt.Errorf("stopped with %d orders not decided", len(pending))
	}
	took := time.Since(since)
	if len(pending) == 0 {
		fmt.Fprintf(out, "%d accepted orders: all decided %s after the first was placed: %.1f/s\n", n, seconds(took), float64(n)/took.Seconds())
	} else {
		fmt.Fprintf(out, "%d accepted orders: %d decided %s after the first was placed\n", n, n-len(pending), seconds(took))
	}
	reportDecisions(out, orders)
	for _, d := range pending {
		fmt.Fprintf(out, "undecided: %s\n", d)
	}
	for _, d := range orders {
		if d.decided() {
			audit.Accepted, audit.Orders = append(audit.Accepted, d.Order), append(audit.Orders, d.Record)
		}
	}
	violations := audit.Violations()
	for _, v := range violations {
		fmt.Fprintf(out, "wrong: %s\n", v)
	}
	switch {
	case len(pending) > 0:
		return fmt.Errorf("%d of %d accepted orders are not decided", len(pending), n)
	case len(violations) > 0:
		return fmt.Errorf("the results are inconsistent: %d faults", len(violations))
	}
	return nil
}

// reportDecisions prints the number of orders by status, the rejected ones by reason, and an example of each status.
func reportDecisions(out io.Writer, orders []*decision) {
	counts, reasons, examples := map[checker.Status]int{}, map[string]int{}, map[checker.Status]*decision{}
	for _, d := range orders {
		counts[d.Status]++
		examples[d.Status] = d
		if d.Status == checker.Rejected {
			reasons[checkerclient.Kind(d.Logs)]++
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
		if d := examples[status]; d.decided() {
			fmt.Fprintf(out, "for example %s\n", d)
		}
	}
}
