package load

import (
	"errors"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Answers counts and times the answers to requests. It is not safe for concurrent use.
type Answers struct {
	// Statuses counts by HTTP status, or "no answer".
	Statuses map[string]int
	// Reasons counts the errors by message.
	Reasons  map[string]int
	want     string
	accepted int
	latency  *hdrhistogram.Histogram
}

// NewAnswers returns an empty count. want is the HTTP status of an answer without an error.
func NewAnswers(want int) *Answers {
	return &Answers{
		Statuses: map[string]int{}, Reasons: map[string]int{}, want: strconv.Itoa(want),
		// Microseconds, up to just over the time limit of a request, to three digits.
		latency: hdrhistogram.New(1, (2 * requestTime).Microseconds(), 3),
	}
}

// Record counts one answer. A nil error means the expected status.
func (a *Answers) Record(took time.Duration, err error) {
	// A latency above the histogram's range is only possible if the clock was set. It is recorded as the maximum.
	_ = a.latency.RecordValue(min(max(took.Microseconds(), 1), a.latency.HighestTrackableValue()))
	status := a.want
	var answered *StatusError
	switch {
	case errors.As(err, &answered):
		status = strconv.Itoa(answered.Status)
	case err != nil:
		status = "no answer"
	}
	a.Statuses[status]++
	if err != nil {
		a.Reasons[Reason(err)]++
		return
	}
	a.accepted++
}

// Count returns how many requests were recorded, including those without an answer.
func (a *Answers) Count() int { return int(a.latency.TotalCount()) }

// Accepted returns how many orders were accepted.
func (a *Answers) Accepted() int { return a.accepted }

// Latency returns a percentile of the latency. 100 returns the maximum.
func (a *Answers) Latency(percent float64) time.Duration {
	return time.Duration(a.latency.ValueAtPercentile(percent)) * time.Microsecond
}
