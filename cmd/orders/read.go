package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/order/coffee"
)

func getCommand(t *target) *cobra.Command {
	var accountID, vendorID string
	cmd := &cobra.Command{
		Use:   "get",
		Short: "Print the active order of an account at a vendor",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, err := checked(cmd.Context(), t, map[string]string{"accountid": accountID, "vendorid": vendorID})
			if err != nil {
				return err
			}
			item, err := client.Item(cmd.Context(), accountID, vendorID)
			if err != nil {
				return err
			}
			text, err := pretty(item)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), text)
			return nil
		},
	}
	cmd.Flags().StringVar(&accountID, "accountid", "", "the account (required)")
	cmd.Flags().StringVar(&vendorID, "vendorid", "", "the vendor (required)")
	mustHave(cmd, "accountid", "vendorid")
	return cmd
}

func invoiceCommand(t *target) *cobra.Command {
	var accountID, vendorID, output string
	cmd := &cobra.Command{
		Use:   "invoice",
		Short: "Print or save the latest invoice of an account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ids := map[string]string{"accountid": accountID}
			if cmd.Flags().Changed("vendorid") {
				ids["vendorid"] = vendorID
			}
			client, err := checked(cmd.Context(), t, ids)
			if err != nil {
				return err
			}
			document, err := client.Invoice(cmd.Context(), accountID, vendorID)
			if err != nil {
				return err
			}
			if output == "" {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n", bytes.TrimRight(document, "\n"))
				return nil
			}
			if err := os.WriteFile(output, document, 0o600); err != nil {
				return fmt.Errorf("saving the invoice: %w", err)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "saved to %s\n", output)
			return nil
		},
	}
	cmd.Flags().StringVar(&accountID, "accountid", "", "the account (required)")
	cmd.Flags().StringVar(&vendorID, "vendorid", "", "only invoices of this vendor")
	cmd.Flags().StringVarP(&output, "output", "o", "", "save the document to this file instead")
	mustHave(cmd, "accountid")
	return cmd
}

// checked validates the ids, by flag name, and returns a client of the API.
func checked(ctx context.Context, t *target, ids map[string]string) (*coffeeclient.Client, error) {
	for _, flag := range []string{"accountid", "vendorid"} {
		id, given := ids[flag]
		if problem := coffee.CheckID(id); given && problem != "" {
			return nil, fmt.Errorf("--%s %s", flag, problem)
		}
	}
	api, err := t.coffee()
	if err != nil {
		return nil, err
	}
	return t.coffeeClient(ctx, api, 1)
}

func mustHave(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		if err := cmd.MarkFlagRequired(flag); err != nil {
			panic(err) // the flag is defined a few lines above each call
		}
	}
}
