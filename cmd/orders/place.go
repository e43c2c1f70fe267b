package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type placeFlags struct {
	loadFlags
	accepted string
	reset    bool
}

func placeCommand(t *target) *cobra.Command {
	var f placeFlags
	cmd := &cobra.Command{
		Use:   "place",
		Short: "Place random orders; print the answers by status, and their latency",
		Long: "Place random orders, each with its own account. Each order is sent once and counted, whatever the answer is. The exit status\n" +
			"is 1 if an order was not accepted, or with --wait was not stored and invoiced in time.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.setSeed(cmd)
			return place(cmd, t, f)
		},
	}
	f.define(cmd)
	f.defineSeed(cmd)
	acceptedFlag(cmd, &f.accepted)
	cmd.Flags().BoolVar(&f.reset, "reset", false, "first empty the file of the accepted orders")
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "maximum time to wait until all orders are stored and invoiced; prints how long it took")
	return cmd
}

func place(cmd *cobra.Command, t *target, f placeFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	api, err := t.coffee()
	if err != nil {
		return err
	}
	file, err := openAccepted(f.accepted, f.reset)
	if err != nil {
		return err
	}
	defer file.Close()

	client, err := t.coffeeClient(cmd.Context(), api, f.atOnce)
	if err != nil {
		return err
	}
	// Written at once, so that verify knows the order even if this run is killed.
	start, placed, answers, err := placeRandom(cmd, client, api.URL, f.loadFlags, func(a accepted) error { return a.write(file) })
	if err != nil {
		return err
	}
	if f.wait > 0 && len(placed) > 0 {
		if err := verify(cmd, client, placed, f.atOnce, f.wait, start, "the first was placed"); err != nil {
			return err
		}
	}
	return allAccepted(answers, f.loadFlags)
}

// placeRandom places random orders with a client of the API at url, and calls placed for each one that is accepted.
func placeRandom(cmd *cobra.Command, client *coffeeclient.Client, url string, f loadFlags, placed func(accepted) error) (
	start time.Time, all []accepted, answers *load.Answers, err error,
) {
	generator := coffeeclient.NewGenerator(f.seed, time.Now)
	start, answers, err = runLoad(cmd, f, func(ctx context.Context, answered func()) (*load.Answers, error) {
		orders := coffeeclient.Load{
			Client: client, Generator: generator, Count: f.count, AtOnce: f.atOnce, Answered: answered,
			Accepted: func(o coffee.Order) error {
				a := accepted{URL: url, AccountID: o.AccountID, VendorID: o.VendorID, OrderID: o.OrderID}
				all = append(all, a)
				return placed(a)
			},
		}
		return orders.Run(ctx)
	})
	return start, all, answers, err
}
