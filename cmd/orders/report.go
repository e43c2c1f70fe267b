package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/load"
)

// maxReasons is how many different reasons for not accepting are printed.
const maxReasons = 5

// report prints how the placing of orders went.
func report(w io.Writer, a *load.Answers, took time.Duration, atOnce int, seed uint64) {
	n := a.Count()
	fmt.Fprintf(w, "%d orders placed in %s, %d at a time: %.1f/s (seed %d)\n", n, seconds(took), atOnce, float64(n)/took.Seconds(), seed)
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
