package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func showCommand(t *target) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the item and the invoice of the order that was accepted last",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return show(cmd, t, file) },
	}
	acceptedFlag(cmd, &file)
	return cmd
}

func show(cmd *cobra.Command, t *target, file string) error {
	api, orders, err := t.acceptedOrders(file)
	if err != nil {
		return err
	}
	client, err := t.coffeeClient(cmd.Context(), api, 1)
	if err != nil {
		return err
	}
	o := orders[len(orders)-1]
	item, err := client.Item(cmd.Context(), o.AccountID, o.VendorID)
	if err != nil {
		return fmt.Errorf("getting order %s: %w", o.OrderID, err)
	}
	document, err := client.Invoice(cmd.Context(), o.AccountID, o.VendorID)
	if err != nil {
		return fmt.Errorf("getting the invoice of order %s: %w", o.OrderID, err)
	}
	for _, part := range []struct {
		title string
		json  []byte
	}{{"The item", item}, {"The invoice", document}} {
		text, err := pretty(part.json)
		if err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s of order %s:\n%s\n", part.title, o.OrderID, text)
	}
	return nil
}

// pretty indents JSON.
func pretty(text []byte) (string, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, bytes.TrimSpace(text), "", "  "); err != nil {
		return "", fmt.Errorf("not JSON: %w: %.100s", err, text)
	}
	return out.String(), nil
}
