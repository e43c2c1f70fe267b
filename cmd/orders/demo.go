package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func demoCommand(t *target) *cobra.Command {
	var n, atOnce int
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show each pattern that the local stack runs, one after the other",
		Long: "Show the patterns that the local stack runs, one after the other: of the coffee patterns place orders, wait until they are\n" +
			"stored and invoiced, and show one; of the checker pattern do what `orders checkout` does. --pattern may name one,\n" +
			"several separated by commas, or all, the default. The first that fails ends it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" {
				return errors.New("demo is for the local stack: use `orders place` or `orders checkout` with --url")
			}
			if err := amount(n, atOnce); err != nil {
				return err
			}
			if wait <= 0 {
				return fmt.Errorf("--wait must be more than 0, got %s", wait)
			}
			return demo(cmd, t.pattern, n, atOnce, wait)
		},
	}
	countFlag(cmd, &n)
	concurrency(cmd, &atOnce)
	cmd.Flags().DurationVar(&wait, "wait", 2*time.Minute, "how long orders may take in each pattern")
	return cmd
}

func demo(cmd *cobra.Command, patterns string, n, atOnce int, wait time.Duration) error {
	chosen, err := choose(patterns)
	if err != nil {
		return err
	}
	for _, name := range chosen {
		if len(chosen) > 1 {
			fmt.Fprintf(cmd.OutOrStdout(), "\n%s:\n\n", name)
		}
		one := &target{pattern: name}
		if slices.Contains(checkerPatterns, name) {
			err = checkOut(cmd, one, checkoutFlags{
				count: n, atOnce: atOnce, attempts: defaultAttempts, customers: defaultCustomers, products: defaultProducts,
				seed: rand.Uint64(), wait: wait,
			})
		} else if err = place(cmd, one, placeFlags{count: n, atOnce: atOnce, seed: rand.Uint64(), wait: wait}); err == nil {
			err = show(cmd, one, "")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// choose reads names of patterns, separated by commas. All of them, or none named, are those that the local stack runs.
func choose(patterns string) ([]string, error) {
	outputs, home, err := localOutputs("")
	if err != nil {
		return nil, err
	}
	known := slices.Concat(coffeePatterns, checkerPatterns)
	_, running := deployed(outputs, known)
	if len(running) == 0 {
		return nil, fmt.Errorf("the local stack runs none of the patterns %s (%s)", strings.Join(known, ", "), outputsFile(home))
	}
	if patterns == "" {
		return running, nil
	}
	var chosen []string
	for name := range strings.SplitSeq(patterns, ",") {
		names := []string{strings.TrimSpace(name)}
		if names[0] == "all" {
			names = running
		}
		for _, name := range names {
			if !slices.Contains(running, name) {
				return nil, fmt.Errorf("the local stack does not run the pattern %q; it runs: %s", name, strings.Join(running, ", "))
			}
			if !slices.Contains(chosen, name) {
				chosen = append(chosen, name)
			}
		}
	}
	return chosen, nil
}
