package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
)

// pollEvery is the pause between two looks at the orders that are not done.
const pollEvery = 200 * time.Millisecond

func verifyCommand(t *target) *cobra.Command {
	var file string
	var atOnce int
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that every accepted order is stored and invoiced",
		Long: "Check that every order that `orders place` was told was accepted, by this API, is stored and has its invoice, and\n" +
			"print what is missing. The exit status is 1 if anything is.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(inRange("concurrency", atOnce, 1, 1000), notNegative(wait)); err != nil {
				return err
			}
			base, err := t.base()
			if err != nil {
				return err
			}
			name, err := acceptedFile(file)
			if err != nil {
				return err
			}
			orders, err := readAccepted(name, base)
			if err != nil {
				return err
			}
			return newVerifying(coffeeclient.NewClient(base, atOnce), orders).run(cmd, atOnce, wait, time.Now(), "verify began")
		},
	}
	concurrency(cmd, &atOnce)
	acceptedFlag(cmd, &file)
	cmd.Flags().DurationVar(&wait, "wait", 60*time.Second, "how long orders may take to appear; 0 looks once")
	return cmd
}

// check is what is known of one order. An empty fault means that it was found.
type check struct {
	accepted
	itemFault, invoiceFault string
}

func (c *check) done() bool { return c.itemFault == "" && c.invoiceFault == "" }

// verifying looks for orders until all are found or the time is up.
type verifying struct {
	client *coffeeclient.Client
	orders []*check
}

func newVerifying(c *coffeeclient.Client, orders []accepted) *verifying {
	v := &verifying{client: c}
	for _, o := range orders {
		v.orders = append(v.orders, &check{accepted: o, itemFault: "not looked for", invoiceFault: "not looked for"})
	}
	return v
}

// run looks for at most wait, and prints the outcome, with times counted from since, which event names.
func (v *verifying) run(cmd *cobra.Command, atOnce int, wait time.Duration, since time.Time, event string) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	deadline := time.Now().Add(wait)
	var stored, invoiced time.Duration // when all were; 0 while some are not
	pending := v.orders
	for {
		v.round(ctx, pending, atOnce)
		pending = nil
		items, invoices := 0, 0
		for _, c := range v.orders {
			if c.itemFault != "" {
				items++
			}
			if c.invoiceFault != "" {
				invoices++
			}
			if !c.done() {
				pending = append(pending, c)
			}
		}
		if items == 0 && stored == 0 {
			stored = time.Since(since)
		}
		if invoices == 0 && invoiced == 0 {
			invoiced = time.Since(since)
		}
		left := time.Until(deadline)
		if len(pending) == 0 || left <= 0 {
			fmt.Fprintf(out, "%d accepted orders: %d stored%s, %d invoiced%s\n", len(v.orders),
				len(v.orders)-items, after(stored, event), len(v.orders)-invoices, after(invoiced, event))
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("stopped with %d orders not found yet", len(pending))
		case <-time.After(min(pollEvery, left)):
		}
	}
	if len(pending) == 0 {
		took := max(stored, invoiced)
		fmt.Fprintf(out, "all done %s after %s: %.1f/s\n", seconds(took), event, float64(len(v.orders))/took.Seconds())
		return nil
	}
	for _, c := range pending {
		fmt.Fprintf(out, "missing: %s\n", c)
	}
	return fmt.Errorf("%d of %d accepted orders are not stored and invoiced", len(pending), len(v.orders))
}

func after(d time.Duration, event string) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(" (all %s after %s)", seconds(d), event)
}

func (c *check) String() string {
	var faults []string
	if c.itemFault != "" {
		faults = append(faults, "not stored: "+c.itemFault)
	}
	if c.invoiceFault != "" {
		faults = append(faults, "not invoiced: "+c.invoiceFault)
	}
	return fmt.Sprintf("order %s of account %s at vendor %s: %s", c.OrderID, c.AccountID, c.VendorID, strings.Join(faults, "; "))
}

// round looks once for everything that was not found before.
func (v *verifying) round(ctx context.Context, pending []*check, atOnce int) {
	work := make(chan *check)
	var workers sync.WaitGroup
	for range min(atOnce, len(pending)) {
		workers.Go(func() {
			for c := range work {
				if c.itemFault != "" {
					item, err := v.client.Item(ctx, c.AccountID, c.VendorID)
					c.itemFault = fault(item, err, c.OrderID)
				}
				if c.invoiceFault != "" {
					document, err := v.client.Invoice(ctx, c.AccountID, c.VendorID)
					c.invoiceFault = fault(document, err, c.OrderID)
				}
			}
		})
	}
	for _, c := range pending {
		if ctx.Err() != nil {
			break
		}
		work <- c
	}
	close(work)
	workers.Wait()
}

// fault says why a document that was got, or not, is not that of the order, or gives "" if it is.
func fault(document []byte, err error, orderID string) string {
	if err != nil {
		return load.Reason(err)
	}
	var d struct{ OrderID string }
	if err := json.Unmarshal(document, &d); err != nil {
		return fmt.Sprintf("not JSON: %.100s", document)
	}
	if d.OrderID != orderID {
		return fmt.Sprintf("another order is there: %q", d.OrderID)
	}
	return ""
}
