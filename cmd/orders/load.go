package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/order-patterns/order-patterns/cmd/client/load"
)

// runLoad places f.count orders with run, which calls answered after each answer. It shows the progress and prints the
// report.
func runLoad(cmd *cobra.Command, f loadFlags, run func(ctx context.Context, answered func()) (*load.Answers, error)) (start time.Time, answers *load.Answers, err error) {
	bar := newBar(cmd.ErrOrStderr(), f.count)
	start = time.Now()
	answers, err = run(cmd.Context(), func() { _ = bar.Add(1) }) // an error of the progress bar is ignored
	took := time.Since(start)
	_ = bar.Finish()
	report(cmd.OutOrStdout(), answers, took, f)
	return start, answers, err
}

// newBar returns a progress bar, which is drawn on a terminal only.
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

// maxReasons is how many different reasons for not accepting an order are printed.
const maxReasons = 5

// report prints the answers by status, their latency, and the most frequent errors.
func report(w io.Writer, a *load.Answers, took time.Duration, f loadFlags) {
	n := a.Count()
	fmt.Fprintf(w, "%d orders placed in %s, %d at a time: %.1f/s (seed %d)\n", n, seconds(took), f.atOnce, float64(n)/took.Seconds(), f.seed)
	for _, status := range slices.Sorted(maps.Keys(a.Statuses)) {
		fmt.Fprintf(w, "  %-9s %d\n", status, a.Statuses[status])
	}
	if n > 0 {
		fmt.Fprintf(w, "  latency   p50 %s  p90 %s  p99 %s  max %s\n",
			seconds(a.Latency(50)), seconds(a.Latency(90)), seconds(a.Latency(99)), seconds(a.Latency(100)))
	}
	reasons := byCount(a.Reasons)
	for i, reason := range reasons {
		if i == maxReasons {
			fmt.Fprintf(w, "  and %d other reasons\n", len(reasons)-maxReasons)
			break
		}
		fmt.Fprintf(w, "  %d times: %s\n", a.Reasons[reason], reason)
	}
}

// allAccepted returns an error unless every order was accepted.
func allAccepted(answers *load.Answers, f loadFlags) error {
	if refused := f.count - answers.Accepted(); refused > 0 {
		return fmt.Errorf("%d of %d orders were not accepted", refused, f.count)
	}
	return nil
}

// byCount returns the keys of counts, the most frequent first.
func byCount(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
}

// seconds formats a duration with about three digits.
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
