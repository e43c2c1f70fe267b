package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/order/checker"
)

// apiKeyVariable is where the API key comes from, so that it need not be on the command line.
const apiKeyVariable = "ORDERS_API_KEY"

type checkoutFlags struct {
	count, atOnce, attempts int
	customers, products     int
	seed                    uint64
	apiKey                  string
	wait                    time.Duration
}

func checkoutCommand(t *target) *cobra.Command {
	var f checkoutFlags
	cmd := &cobra.Command{
		Use:   "checkout",
		Short: "Fill accounts and stock of the checker pattern, place random orders, and see them Shipped or Rejected",
		Long: "Set the balances of new customers and products of the checker pattern, place random orders, wait until each is Shipped or\n" +
			"Rejected, and print how many there are of each, and why. Most orders can be shipped; some find the account or the\n" +
			"stock empty, and a few name a customer or a product that nobody knows.\n\n" +
			"An order that is answered with 429 or 5xx, or not at all, is sent again with the same Idempotency-Key. The exit status\n" +
			"is 1 if an order was not accepted or not decided in time, or if what became of them does not add up.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.seed = seedOf(cmd, f.seed)
			return checkOut(cmd, t, f)
		},
	}
	countFlag(cmd, &f.count)
	concurrency(cmd, &f.atOnce)
	seedFlag(cmd, &f.seed)
	cmd.Flags().IntVar(&f.attempts, "attempts", defaultAttempts, "how often an order is sent at most, 1 to 100")
	cmd.Flags().IntVar(&f.customers, "customers", defaultCustomers, "how many customers order, 1 to 10000")
	cmd.Flags().IntVar(&f.products, "products", defaultProducts, "how many products there are, 1 to 10000")
	cmd.Flags().StringVar(&f.apiKey, "api-key", "", "API key, if the API at --url asks for one (default: $"+apiKeyVariable+")")
	cmd.Flags().DurationVar(&f.wait, "wait", 2*time.Minute, "how long orders may take to be decided; 0 looks once")
	return cmd
}

const (
	defaultAttempts  = 3
	defaultCustomers = 50
	defaultProducts  = 20
)

func checkOut(cmd *cobra.Command, t *target, f checkoutFlags) error {
	err := errors.Join(amount(f.count, f.atOnce), inRange("attempts", f.attempts, 1, 100),
		inRange("customers", f.customers, 1, 10_000), inRange("products", f.products, 1, 10_000), notNegative(f.wait))
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
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	client, generator := checkerclient.NewClient(api.URL, api.APIKey, f.atOnce), checkerclient.NewGenerator(f.seed, f.count, f.customers, f.products)

	start := time.Now()
	if err := client.Open(ctx, generator.Opening, f.atOnce); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d accounts and the stock of %d products set in %s\n", f.customers, f.products, seconds(time.Since(start)))

	var captured []checker.Record
	bar := newBar(cmd.ErrOrStderr(), f.count)
	load := checkerclient.Load{
		Client: client, Next: generator.Next, Count: f.count, AtOnce: f.atOnce, Attempts: f.attempts,
		Accepted: func(r checker.Record) error { captured = append(captured, r); return nil },
		Answered: func() { _ = bar.Add(1) }, // a bar that cannot be drawn is no reason to fail
	}
	start = time.Now()
	answers, err := load.Run(ctx)
	took := time.Since(start)
	_ = bar.Finish()
	report(out, answers, took, f.atOnce, f.seed)
	if err != nil {
		return err
	}
	refused := f.count - answers.Accepted()
	if len(captured) > 0 {
		if err := newDeciding(client, captured).run(ctx, out, f, start, checkerclient.Books{Before: generator.Opening, Unanswered: refused}); err != nil {
			return err
		}
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d orders were not accepted", refused, f.count)
	}
	return nil
}
