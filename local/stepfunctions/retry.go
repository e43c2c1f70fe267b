package stepfunctions

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// failure is why a state or an execution failed.
type failure struct {
	Name, Cause string
	// inState is set if the cause does not name the state yet.
	inState bool
}

// runtimef is a failure of the machine itself, which nothing catches. Documentation names some of these otherwise
// (States.ParameterPathFailure, States.NoChoiceMatched); this is what AWS reports for all.
func runtimef(format string, args ...any) *failure {
	return &failure{Name: errorRuntime, Cause: fmt.Sprintf(format, args...), inState: true}
}

func (f *failure) Error() string { return f.Name + ": " + f.Cause }

// Names of errors that the States Language knows:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	errorAll         = "States.ALL"
	errorTaskFailed  = "States.TaskFailed"
	errorTimeout     = "States.Timeout"
	errorRuntime     = "States.Runtime"
	errorDataLimit   = "States.DataLimitExceeded"
	errorPermissions = "States.Permissions"
	errorResultPath  = "States.ResultPathMatchFailure"
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
	result resultPath
}

// handlers reads Retry and Catch.
func (n *node) handlers(st *state) {
	retry, catch := n.list("Retry"), n.list("Catch")
	for i, v := range retry {
		h := n.node(n.where(indexed("Retry", i)), v)
		h.text("Comment")
		st.retriers = append(st.retriers, retrier{
			errors:   h.errorEquals(i == len(retry)-1),
			interval: seconds(h.integer("IntervalSeconds", 1, maxSeconds, 1)),
			attempts: h.integer("MaxAttempts", 0, maxSeconds, 3),
			backoff:  h.number("BackoffRate", 1, math.MaxFloat64, 2),
			maxDelay: seconds(h.integer("MaxDelaySeconds", 1, 31622400, 0)),
			jitter:   h.jitter(),
		})
		if r := st.retriers[i]; r.maxDelay > 0 && r.maxDelay <= r.interval {
			h.failf(h.where("MaxDelaySeconds"), "MaxDelaySeconds must be greater than IntervalSeconds")
		}
		h.close()
	}
	for i, v := range catch {
		h := n.node(n.where(indexed("Catch", i)), v)
		h.text("Comment")
		h.require("Next")
		h.refuse("Assign", "Output")
		st.catchers = append(st.catchers, catcher{errors: h.errorEquals(i == len(catch)-1), next: h.text("Next"), result: h.resultPath()})
		h.close()
	}
}

func (n *node) jitter() bool {
	strategy := n.text("JitterStrategy")
	if n.has("JitterStrategy") && strategy != "FULL" && strategy != "NONE" {
		n.failf(n.where("JitterStrategy"), "Value must be one of [FULL, NONE]")
	}
	return strategy == "FULL"
}

// errorEquals takes the names that a retrier or catcher is for. States.ALL must be alone, and in the last one.
func (n *node) errorEquals(last bool) []string {
	at := n.where("ErrorEquals")
	n.require("ErrorEquals")
	var names []string
	for _, v := range n.list("ErrorEquals") {
		name, ok := v.(string)
		if !ok {
			n.failf(at, "Expected value of type [String]")
		}
		names = append(names, name)
	}
	if slices.Contains(names, errorAll) && (len(names) > 1 || !last) {
		n.failf(at, "States.ALL must appear alone, and in the last element")
	}
	return names
}

// matches tells whether an error is one of those named. States.Runtime and States.DataLimitExceeded are in no wildcard.
func (f *failure) matches(names []string) bool {
	wild := f.Name != errorRuntime && f.Name != errorDataLimit
	return f.Name != errorRuntime && slices.ContainsFunc(names, func(name string) bool {
		return name == f.Name || wild && name == errorAll || wild && name == errorTaskFailed && f.Name != errorTimeout
	})
}

// delay is how long to wait before the n-th retry, counted from 0.
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
