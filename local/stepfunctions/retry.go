package stepfunctions

import (
	"math"
	"slices"
	"time"
)

// retrier is an element of Retry.
type retrier struct {
	errors   []string
	interval time.Duration
	attempts int
	backoff  float64
	maxDelay time.Duration // 0 for none
	jitter   bool
}

// catcher is an element of Catch.
type catcher struct {
	errors []string
	next   string
	result dataPath
}

// handlers reads Retry and Catch.
func (n *node) handlers(st *state) {
	for o := range n.objects("Retry") {
		o.text("Comment")
		r := retrier{
			errors:   o.errorEquals(),
			interval: seconds(o.integer("IntervalSeconds", 1, maxSeconds, 1)),
			attempts: o.integer("MaxAttempts", 0, maxSeconds, 3),
			backoff:  o.number("BackoffRate", 1, math.MaxFloat64, 2),
			maxDelay: seconds(o.integer("MaxDelaySeconds", 1, 31622400, 0)),
			jitter:   o.jitter(),
		}
		if r.maxDelay > 0 && r.maxDelay <= r.interval {
			o.failf(o.where("MaxDelaySeconds"), "MaxDelaySeconds must be greater than IntervalSeconds")
		}
		st.retriers = append(st.retriers, r)
	}
	for o := range n.objects("Catch") {
		o.text("Comment")
		o.require("Next")
		st.catchers = append(st.catchers, catcher{errors: o.errorEquals(), next: o.text("Next"), result: o.resultPath()})
	}
}

func (n *node) jitter() bool {
	strategy := n.text("JitterStrategy")
	if n.has("JitterStrategy") && strategy != "FULL" && strategy != "NONE" {
		n.failf(n.where("JitterStrategy"), "Value must be one of [FULL, NONE]")
	}
	return strategy == "FULL"
}

// errorEquals reads the names of the errors that a retrier or catcher matches. States.ALL must be the only name, and in
// the last retrier or catcher.
func (n *node) errorEquals() []string {
	at := n.where("ErrorEquals")
	n.require("ErrorEquals")
	var names []string
	for _, v := range n.values("ErrorEquals") {
		name, ok := v.(string)
		if !ok {
			n.failf(at, "Expected value of type [String]")
		}
		names = append(names, name)
	}
	if slices.Contains(names, errorAll) && (len(names) > 1 || !n.last) {
		n.failf(at, "States.ALL must appear alone, and in the last element")
	}
	return names
}

// nextRetry returns whether to retry after a failure, and the wait before that. The first retrier that matches decides.
// counts are the retries so far of each retrier.
func nextRetry(f *failure, retriers []retrier, counts []int, random func() float64) (time.Duration, bool) {
	for i := range retriers {
		r := &retriers[i]
		if !f.matches(r.errors) {
			continue
		}
		if counts[i] == r.attempts {
			return 0, false
		}
		counts[i]++
		return r.delay(counts[i]-1, random), true
	}
	return 0, false
}

// delay is the wait before the n-th retry, counted from 0.
func (r *retrier) delay(n int, random func() float64) time.Duration {
	limit := r.maxDelay
	if limit == 0 {
		limit = maxSeconds * time.Second
	}
	d := limit
	if exact := float64(r.interval) * math.Pow(r.backoff, float64(n)); exact < float64(limit) {
		d = time.Duration(exact)
	}
	if r.jitter {
		d = time.Duration(random() * float64(d))
	}
	return d
}
