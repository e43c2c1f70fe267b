package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/order-patterns/order-patterns/handlers/order"
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
		RunE: func(cmd *cobra.Command, _ []string) error { return place(cmd, t, f) },
	}
	cmd.Flags().IntVarP(&f.count, "count", "n", 100, "how many orders, 1 to 10000000")
	concurrency(cmd, &f.atOnce)
	cmd.Flags().Uint64Var(&f.seed, "seed", 0, "what is ordered where; the same seed orders the same (default: random)")
	acceptedFlag(cmd, &f.accepted)
	cmd.Flags().BoolVar(&f.reset, "reset", false, "empty the file of the accepted orders first")
	cmd.Flags().DurationVar(&f.wait, "wait", 0, "then wait at most this long until all are stored and invoiced, and print when they were")
	return cmd
}

func place(cmd *cobra.Command, t *target, f placeFlags) error {
	if err := errors.Join(inRange("count", f.count, 1, 10_000_000), inRange("concurrency", f.atOnce, 1, 1000)); err != nil {
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
	if !cmd.Flags().Changed("seed") {
		f.seed = rand.Uint64()
	}

	p := &placing{
		api: newAPI(base, f.atOnce), generator: newGenerator(f.seed, time.Now), left: f.count, file: file,
		bar: newBar(cmd.ErrOrStderr(), f.count),
	}
	start := time.Now()
	report, err := p.run(cmd.Context(), f.atOnce)
	report.print(cmd.OutOrStdout(), time.Since(start), f)
	if err != nil {
		return err
	}
	if f.wait > 0 && len(p.accepted) > 0 {
		if err := newVerifying(p.api, p.accepted).run(cmd, f.atOnce, f.wait, start, "the first was placed"); err != nil {
			return err
		}
	}
	if refused := f.count - report.statuses["202"]; refused > 0 {
		return fmt.Errorf("%d of %d orders were not accepted", refused, f.count)
	}
	return nil
}

// placing is one run of place. What its workers share is under mu.
type placing struct {
	api *api
	bar *progressbar.ProgressBar

	mu        sync.Mutex
	generator *generator
	left      int
	file      io.Writer
	accepted  []accepted
	stopped   error // why no more orders are sent
}

func (p *placing) run(ctx context.Context, workers int) (*report, error) {
	reports := make([]*report, workers)
	var all sync.WaitGroup
	for i := range reports {
		reports[i] = newReport()
		all.Go(func() {
			for o, ok := p.take(ctx); ok; o, ok = p.take(ctx) {
				p.one(ctx, o, reports[i])
			}
		})
	}
	all.Wait()
	_ = p.bar.Finish() // a bar that cannot be drawn is no reason to fail
	total := newReport()
	for _, r := range reports {
		total.add(r)
	}
	return total, p.stopped
}

// take gives the next order to send, until there are none left or the run is stopped.
func (p *placing) take(ctx context.Context) (order.Order, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped == nil && ctx.Err() != nil && p.left > 0 {
		p.stopped = fmt.Errorf("stopped with %d orders not sent", p.left)
	}
	if p.left == 0 || p.stopped != nil {
		return order.Order{}, false
	}
	p.left--
	return p.generator.next(), true
}

func (p *placing) one(ctx context.Context, o order.Order, r *report) {
	start := time.Now()
	id, err := p.api.place(ctx, o)
	r.record(time.Since(start), err)
	_ = p.bar.Add(1)
	if err == nil {
		p.keep(accepted{URL: p.api.base, AccountID: o.AccountID, VendorID: o.VendorID, OrderID: id})
	}
}

// keep notes an accepted order at once, so that verify knows it even if this run is killed.
func (p *placing) keep(a accepted) {
	line, err := json.Marshal(a)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = append(p.accepted, a)
	if err == nil {
		_, err = p.file.Write(append(line, '\n'))
	}
	if err != nil && p.stopped == nil {
		p.stopped = fmt.Errorf("noting accepted orders: %w", err)
	}
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
