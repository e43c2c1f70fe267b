package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"
)

// loadFlags are the flags of the commands that place random orders.
type loadFlags struct {
	count, atOnce int
	seed          uint64
	wait          time.Duration
}

// define adds the flags -n and -c.
func (f *loadFlags) define(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&f.count, "count", "n", 100, "number of orders, 1 to 10000000")
	concurrencyFlag(cmd, &f.atOnce)
}

// defineSeed adds the flag --seed.
func (f *loadFlags) defineSeed(cmd *cobra.Command) {
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "seed of the random orders; the same seed results in the same orders (default: random)")
}

// setSeed chooses a random seed if none was given.
func (f *loadFlags) setSeed(cmd *cobra.Command) {
	if !cmd.Flags().Changed("seed") {
		f.seed = rand.Uint64()
	}
}

// check validates the flags.
func (f *loadFlags) check() error {
	return errors.Join(inRange("count", f.count, 1, 10_000_000), inRange("concurrency", f.atOnce, 1, 1000), notNegative("wait", f.wait))
}

// concurrencyFlag adds the flag -c for commands that send many requests.
func concurrencyFlag(cmd *cobra.Command, n *int) {
	cmd.Flags().IntVarP(n, "concurrency", "c", 16, "number of concurrent requests, 1 to 1000")
}

// inRange validates a number given as a flag.
func inRange(flag string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("--%s must be from %d to %d, got %d", flag, low, high, n)
	}
	return nil
}

// notNegative validates a duration given as a flag.
func notNegative(flag string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("--%s must not be negative, got %s", flag, d)
	}
	return nil
}
