package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
)

// apiKeyVariable holds the API key, so that it need not be on the command line.
const apiKeyVariable = "ORDERS_API_KEY"

// The defaults of the flags, also of `orders demo`.
const (
	defaultAttempts  = 3
	defaultCustomers = 50
	defaultProducts  = 20
)

type checkerFlags struct {
	loadFlags
	attempts, customers, products int
	apiKey                        string
}

func checkerCommand(t *target) *cobra.Command {
	var f checkerFlags
	cmd := &cobra.Command{
		Use:     "checker",
		Aliases: []string{"checkout"}, // the former name
		Short:   "Set accounts and stock of the checker pattern, place random orders, and report which are Shipped or Rejected",
		Long: "Set the balances of new customers and products of the checker pattern, place random orders, wait until each order is Shipped\n" +
			"or Rejected, and print the number of orders by status and reason. Most orders can be shipped. Some orders exceed the\n" +
			"account or the stock, and a few have an unknown customer or product.\n\n" +
			"An order is sent again with the same Idempotency-Key if the answer is 429 or 5xx, or if there is no answer. The exit status is 1 if\n" +
			"an order was not accepted or not decided in time, or if the results are inconsistent.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.setSeed(cmd)
			return runChecker(cmd, t, f)
		},
	}
	f.define(cmd)
	f.defineSeed(cmd)
	cmd.Flags().IntVar(&f.attempts, "attempts", defaultAttempts, "maximum number of attempts to send an order, 1 to 100")
	cmd.Flags().IntVar(&f.customers, "customers", defaultCustomers, "number of customers, 1 to 10000")
	cmd.Flags().IntVar(&f.products, "products", defaultProducts, "number of products, 1 to 10000")
	cmd.Flags().StringVar(&f.apiKey, "api-key", "", "API key, if the API at --url requires one (default: $"+apiKeyVariable+")")
	cmd.Flags().DurationVar(&f.wait, "wait", 2*time.Minute, "maximum time until all orders are decided; with 0, check once")
	return cmd
}

func runChecker(cmd *cobra.Command, t *target, f checkerFlags) error {
	err := errors.Join(f.check(), inRange("attempts", f.attempts, 1, 100),
		inRange("customers", f.customers, 1, 10_000), inRange("products", f.products, 1, 10_000))
	if err != nil {
		return err
	}
	api, err := t.find(checkerPatterns)
	if err != nil {
		return err
	}
	switch {
	case f.apiKey != "":
		api.APIKey = f.apiKey
	case t.url != "":
		api.APIKey = os.Getenv(apiKeyVariable)
	}
	authorize, err := t.authorize(cmd.Context(), api)
	if err != nil {
		return err
	}
	client := checkerclient.NewClient(api.URL, api.APIKey, f.atOnce).Authorized(authorize)
	generator := checkerclient.NewGenerator(f.seed, f.count, f.customers, f.products)

	began := time.Now()
	if err := client.SetBalances(cmd.Context(), generator.Opening, f.atOnce); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d accounts and the stock of %d products set in %s\n", f.customers, f.products, seconds(time.Since(began)))

	var captured []checker.Record
	start, answers, err := runLoad(cmd, f.loadFlags, func(ctx context.Context, answered func()) (*load.Answers, error) {
		orders := checkerclient.Load{
			Client: client, Next: generator.Next, Count: f.count, AtOnce: f.atOnce, Attempts: f.attempts, Answered: answered,
			Accepted: func(r checker.Record) error { captured = append(captured, r); return nil },
		}
		return orders.Run(ctx)
	})
	if err != nil {
		return err
	}
	if len(captured) > 0 {
		audit := checkerclient.Audit{Before: generator.Opening, Unanswered: f.count - answers.Accepted()}
		if err := awaitDecisions(cmd, client, captured, f.loadFlags, start, audit); err != nil {
			return err
		}
	}
	return allAccepted(answers, f.loadFlags)
}
