package load

import (
	"errors"
	"strconv"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Answers counts and times the answers to requests. It is not for several goroutines at once.
type Answers struct {
	// Statuses counts by HTTP status, or "no answer".
	Statuses map[string]int
	// Reasons counts the messages of the answers that were not wanted.
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

// Record counts one answer: nil is the one that was wanted.
func (a *Answers) Record(took time.Duration, err error) {
	// Beyond the histogram's range there is only a clock that was set: the longest latency stands for it.
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

// Add counts another's answers here, too.
func (a *Answers) Add(other *Answers) {
	for status, n := range other.Statuses {
		a.Statuses[status] += n
	}
	for reason, n := range other.Reasons {
		a.Reasons[reason] += n
	}
	a.accepted += other.accepted
	a.latency.Merge(other.latency)
}

// Count is how many answers there were, those that never came included.
func (a *Answers) Count() int { return int(a.latency.TotalCount()) }

// Accepted is how many orders were accepted.
func (a *Answers) Accepted() int { return a.accepted }

// Latency is the time that so many percent of the answers took at most; 100 gives the longest.
func (a *Answers) Latency(percent float64) time.Duration {
	return time.Duration(a.latency.ValueAtPercentile(percent)) * time.Microsecond
}
