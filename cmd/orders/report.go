package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// maxReasons is how many different reasons for not accepting are printed.
const maxReasons = 5

// report counts answers. Each worker has its own; add brings them together.
type report struct {
	statuses map[string]int // by HTTP status, or "no answer"
	reasons  map[string]int // messages of the answers other than 202
	latency  *hdrhistogram.Histogram
}

func newReport() *report {
	// Microseconds, up to just over the time limit of a request, to three digits.
	return &report{statuses: map[string]int{}, reasons: map[string]int{}, latency: hdrhistogram.New(1, (2 * requestTime).Microseconds(), 3)}
}

// record counts one answer: nil is 202.
func (r *report) record(took time.Duration, err error) {
	// Beyond the histogram's range there is only a clock that was set: the longest latency stands for it.
	_ = r.latency.RecordValue(min(max(took.Microseconds(), 1), r.latency.HighestTrackableValue()))
	status := "202"
	var answered *statusError
	switch {
	case errors.As(err, &answered):
		status = strconv.Itoa(answered.status)
	case err != nil:
		status = "no answer"
	}
	r.statuses[status]++
	if err != nil {
		r.reasons[reason(err)]++
	}
}

func (r *report) add(other *report) {
	for status, n := range other.statuses {
		r.statuses[status] += n
	}
	for reason, n := range other.reasons {
		r.reasons[reason] += n
	}
	r.latency.Merge(other.latency)
}

func (r *report) print(w io.Writer, took time.Duration, f placeFlags) {
	n := int(r.latency.TotalCount())
	fmt.Fprintf(w, "%d orders placed in %s, %d at a time: %.1f/s (seed %d)\n", n, seconds(took), f.atOnce, float64(n)/took.Seconds(), f.seed)
	for _, status := range slices.Sorted(maps.Keys(r.statuses)) {
		fmt.Fprintf(w, "  %-9s %d\n", status, r.statuses[status])
	}
	if n > 0 {
		fmt.Fprintf(w, "  latency   p50 %s  p90 %s  p99 %s  max %s\n", r.at(50), r.at(90), r.at(99), r.at(100))
	}
	reasons := slices.SortedFunc(maps.Keys(r.reasons), func(a, b string) int { return r.reasons[b] - r.reasons[a] })
	for i, reason := range reasons {
		if i == maxReasons {
			fmt.Fprintf(w, "  and %d other reasons\n", len(reasons)-maxReasons)
			break
		}
		fmt.Fprintf(w, "  %d times: %s\n", r.reasons[reason], reason)
	}
}

func (r *report) at(percentile float64) string {
	return seconds(time.Duration(r.latency.ValueAtPercentile(percentile)) * time.Microsecond)
}
