package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"
)

// run executes the command line. An error is what stopped the command, or what it found wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var t target
	root := &cobra.Command{
		Use:           "orders",
		Short:         "Place, verify and read orders of the patterns",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentFlags().StringVar(&t.url, "url", "", "base URL of the API, such as https://abc.execute-api.eu-west-1.amazonaws.com/prod (default: the running local stack)")
	root.PersistentFlags().StringVar(&t.pattern, "pattern", "", "which pattern of the local stack, if it runs several")
	root.MarkFlagsMutuallyExclusive("url", "pattern")
	root.AddCommand(placeCommand(&t), verifyCommand(&t), getCommand(&t), invoiceCommand(&t), showCommand(&t), replayCommand(&t),
		checkoutCommand(&t), demoCommand(&t))
	return root.ExecuteContext(ctx)
}

// countFlag is the flag -n of the commands that place orders.
func countFlag(cmd *cobra.Command, n *int) {
	cmd.Flags().IntVarP(n, "count", "n", 100, "how many orders, 1 to 10000000")
}

// seedFlag is the flag of the commands that make random orders.
func seedFlag(cmd *cobra.Command, s *uint64) {
	cmd.Flags().Uint64Var(s, "seed", 0, "what is ordered where; the same seed orders the same (default: random)")
}

// seedOf is the flag's value, or a random one if it was not given.
func seedOf(cmd *cobra.Command, s uint64) uint64 {
	if cmd.Flags().Changed("seed") {
		return s
	}
	return rand.Uint64()
}

// concurrency is the flag -c of the commands that send many requests.
func concurrency(cmd *cobra.Command, c *int) {
	cmd.Flags().IntVarP(c, "concurrency", "c", 16, "how many requests at once, 1 to 1000")
}

// amount is the check of count and concurrency.
func amount(n, c int) error {
	return errors.Join(inRange("count", n, 1, 10_000_000), inRange("concurrency", c, 1, 1000))
}

// notNegative is the check of how long to wait.
func notNegative(wait time.Duration) error {
	if wait < 0 {
		return fmt.Errorf("--wait must not be negative, got %s", wait)
	}
	return nil
}

// inRange is the check of a number given as a flag.
func inRange(flag string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("--%s must be from %d to %d, got %d", flag, low, high, n)
	}
	return nil
}

// seconds writes a duration for a person: three digits are enough.
func seconds(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}
