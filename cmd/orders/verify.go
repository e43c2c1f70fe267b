package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
)

func verifyCommand(t *target) *cobra.Command {
	var file string
	var atOnce int
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that every accepted order is stored and invoiced",
		Long: "Check that every order of `orders place` that this API accepted is stored and has its invoice, and print what is missing.\n" +
			"The exit status is 1 if anything is missing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(inRange("concurrency", atOnce, 1, 1000), notNegative("wait", wait)); err != nil {
				return err
			}
			api, orders, err := t.acceptedOrders(file)
			if err != nil {
				return err
			}
			client, err := t.coffeeClient(cmd.Context(), api, atOnce)
			if err != nil {
				return err
			}
			return verify(cmd, client, orders, atOnce, wait, time.Now(), "verify began")
		},
	}
	concurrencyFlag(cmd, &atOnce)
	acceptedFlag(cmd, &file)
	cmd.Flags().DurationVar(&wait, "wait", 60*time.Second, "maximum time until all orders are stored and invoiced; with 0, check once")
	return cmd
}

// check is the known state of an accepted order.
type check struct {
	accepted
	item, invoice document
}

// document is an order's item or invoice.
type document struct {
	at    time.Time // when it was found; zero if it was not
	fault string    // why it was not found
}

// look sets the document from the answer to a request for it.
func (d *document) look(body []byte, err error, orderID string) {
	if d.fault = fault(body, err, orderID); d.fault == "" {
		d.at = time.Now()
	}
}

func (c *check) done() bool { return !c.item.at.IsZero() && !c.invoice.at.IsZero() }

func (c *check) String() string {
	var faults []string
	if c.item.at.IsZero() {
		faults = append(faults, "not stored: "+c.item.fault)
	}
	if c.invoice.at.IsZero() {
		faults = append(faults, "not invoiced: "+c.invoice.fault)
	}
	return fmt.Sprintf("order %s of account %s at vendor %s: %s", c.OrderID, c.AccountID, c.VendorID, strings.Join(faults, "; "))
}

// verify requests the items and invoices of orders for at most wait, and prints the result. Times are counted from since, which event
// describes.
func verify(cmd *cobra.Command, client *coffeeclient.Client, orders []accepted, atOnce int, wait time.Duration, since time.Time, event string) error {
	out := cmd.OutOrStdout()
	var checks []*check
	for _, o := range orders {
		checks = append(checks, &check{accepted: o, item: document{fault: "not looked for"}, invoice: document{fault: "not looked for"}})
	}
	look := func(ctx context.Context, c *check) {
		if c.item.at.IsZero() {
			item, err := client.Item(ctx, c.AccountID, c.VendorID)
			c.item.look(item, err, c.OrderID)
		}
		if c.invoice.at.IsZero() {
			invoice, err := client.Invoice(ctx, c.AccountID, c.VendorID)
			c.invoice.look(invoice, err, c.OrderID)
		}
	}
	missing, err := poll(cmd.Context(), checks, atOnce, wait, look, (*check).done)
	if err != nil {
		return fmt.Errorf("stopped with %d orders not found yet", len(missing))
	}
	stored, storedAfter := found(checks, since, func(c *check) document { return c.item })
	invoiced, invoicedAfter := found(checks, since, func(c *check) document { return c.invoice })
	fmt.Fprintf(out, "%d accepted orders: %d stored%s, %d invoiced%s\n", len(checks),
		stored, after(storedAfter, event), invoiced, after(invoicedAfter, event))
	if len(missing) == 0 {
		took := max(storedAfter, invoicedAfter)
		fmt.Fprintf(out, "all done %s after %s: %.1f/s\n", seconds(took), event, float64(len(checks))/took.Seconds())
		return nil
	}
	for _, c := range missing {
		fmt.Fprintf(out, "missing: %s\n", c)
	}
	return fmt.Errorf("%d of %d accepted orders are not stored and invoiced", len(missing), len(checks))
}

// found counts the documents that were found. If all were, it returns the time from since until the last one was.
func found(checks []*check, since time.Time, of func(*check) document) (n int, all time.Duration) {
	for _, c := range checks {
		if at := of(c).at; !at.IsZero() {
			n, all = n+1, max(all, at.Sub(since))
		}
	}
	if n < len(checks) {
		return n, 0
	}
	return n, all
}

func after(d time.Duration, event string) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(" (all %s after %s)", seconds(d), event)
}

// fault returns why an answer is not the order's document; "" if it is.
func fault(body []byte, err error, orderID string) string {
	if err != nil {
		return load.Reason(err)
	}
	var d struct{ OrderID string }
	if err := json.Unmarshal(body, &d); err != nil {
		return fmt.Sprintf("not JSON: %.100s", body)
	}
	if d.OrderID != orderID {
		return fmt.Sprintf("another order is there: %q", d.OrderID)
	}
	return ""
}
