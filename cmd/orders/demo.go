package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

func demoCommand(t *target) *cobra.Command {
	var f loadFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Demonstrate each pattern that the local stack runs, one after the other",
		Long: "Demonstrate the patterns that the local stack runs, one after the other. In a coffee pattern, place orders, wait until they\n" +
			"are stored and invoiced, and show one order. In the checker pattern, do the same as `orders checker`. The last line of each\n" +
			"pattern is what a million of its orders would cost on AWS. --pattern may name one pattern, several separated by commas, or\n" +
			"all, the default. The first failure ends the demo.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" {
				return errors.New("demo is for the local stack: use `orders place` or `orders checker` with --url")
			}
			if f.wait <= 0 {
				return fmt.Errorf("--wait must be more than 0, got %s", f.wait)
			}
			if err := f.check(); err != nil {
				return err
			}
			return demo(cmd, t, f)
		},
	}
	f.define(cmd)
	cmd.Flags().DurationVar(&f.wait, "wait", 2*time.Minute, "maximum time until all orders of a pattern are done")
	return cmd
}

func demo(cmd *cobra.Command, t *target, f loadFlags) error {
	_, names, err := t.chosen()
	if err != nil {
		return err
	}
	for _, name := range names {
		if len(names) > 1 {
			fmt.Fprintf(cmd.OutOrStdout(), "\n%s:\n\n", name)
		}
		one := &target{pattern: name}
		costs := beginCosts(cmd.Context(), name)
		f.seed = rand.Uint64()
		if slices.Contains(checkerPatterns, name) {
			err = runChecker(cmd, one, checkerFlags{loadFlags: f, attempts: defaultAttempts, customers: defaultCustomers, products: defaultProducts})
		} else if err = place(cmd, one, placeFlags{loadFlags: f}); err == nil {
			err = show(cmd, one, "")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if line, err := costs.line(cmd.Context(), f.count); err == nil {
			fmt.Fprintln(cmd.OutOrStdout(), line)
		} else {
			fmt.Fprintf(cmd.ErrOrStderr(), "the cost of these orders is not known: %v\n", err)
		}
	}
	return nil
}
