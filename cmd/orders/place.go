package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type placeFlags struct {
	count, atOnce int
	seed          uint64
	accepted      string
	reset         bool
	wait          time.Duration
}

func placeCommand(t *target) *cobra.Command {
	var f placeFlags
	cmd := &cobra.Command{
		Use:   "place",
		Short: "Place random orders; print the answers by status, and their latency",
		Long: "Place random orders, each with an account of its own. An order is sent once: whatever the answer, it is counted and\n" +
			"not sent again. The exit status is 1 if any was not accepted, or with --wait not stored and invoiced in time.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.seed = seedOf(cmd, f.seed)
			return place(cmd, t, f)
		},
	}
	countFlag(cmd, &f.count)
	concurrency(cmd, &f.atOnce)
	seedFlag(cmd, &f.seed)
	acceptedFlag(cmd, &f.accepted)
	cmd.Flags().BoolVar(&f.reset, "reset", false, "empty the file of the accepted orders first")
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "then wait at most this long until all are stored and invoiced, and print when they were")
	return cmd
}

func place(cmd *cobra.Command, t *target, f placeFlags) error {
	if err := amount(f.count, f.atOnce); err != nil {
		return err
	}
	base, err := t.base()
	if err != nil {
		return err
	}
	name, err := acceptedFile(f.accepted)
	if err != nil {
		return err
	}
	file, err := openAccepted(name, f.reset)
	if err != nil {
		return err
	}
	defer file.Close()

	var noted []accepted
	bar := newBar(cmd.ErrOrStderr(), f.count)
	load := coffeeclient.Load{
		Client: coffeeclient.NewClient(base, f.atOnce), Generator: coffeeclient.NewGenerator(f.seed, time.Now), Count: f.count, AtOnce: f.atOnce,
		// Noted at once, so that verify knows the order even if this run is killed.
		Accepted: func(o coffee.Order) error {
			a := accepted{URL: base, AccountID: o.AccountID, VendorID: o.VendorID, OrderID: o.OrderID}
			noted = append(noted, a)
			return a.write(file)
		},
		Answered: func() { _ = bar.Add(1) }, // a bar that cannot be drawn is no reason to fail
	}
	start := time.Now()
	answers, err := load.Run(cmd.Context())
	took := time.Since(start)
	_ = bar.Finish()
	report(cmd.OutOrStdout(), answers, took, f.atOnce, f.seed)
	if err != nil {
		return err
	}
	if f.wait > 0 && len(noted) > 0 {
		if err := newVerifying(load.Client, noted).run(cmd, f.atOnce, f.wait, start, "the first was placed"); err != nil {
			return err
		}
	}
	if refused := f.count - answers.Accepted(); refused > 0 {
		return fmt.Errorf("%d of %d orders were not accepted", refused, f.count)
	}
	return nil
}

// newBar draws on a terminal only: in a log, its redrawing would be noise.
func newBar(w io.Writer, count int) *progressbar.ProgressBar {
	f, ok := w.(*os.File)
	return progressbar.NewOptions(count,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(ok && term.IsTerminal(int(f.Fd()))),
		progressbar.OptionSetDescription("placing orders"),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString("orders"),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}
