package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// run executes the command line. An error is what stopped the command, or what it found wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var t target
	root := &cobra.Command{
		Use:           "orders",
		Short:         "Place, verify and read orders of the coffee patterns",
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
	root.AddCommand(placeCommand(&t), verifyCommand(&t), getCommand(&t), invoiceCommand(&t), showCommand(&t), replayCommand(&t))
	return root.ExecuteContext(ctx)
}

// concurrency is the flag -c of the commands that send many requests.
func concurrency(cmd *cobra.Command, c *int) {
	cmd.Flags().IntVarP(c, "concurrency", "c", 16, "how many requests at once, 1 to 1000")
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
