package integration_test

import (
	"cmp"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
)

// wait polls until something has happened. Processing is asynchronous, on AWS and on the embedded cloud.
type wait struct {
	limit    time.Duration // default 20 seconds
	interval time.Duration // between two polls; default 20 milliseconds
	// step is how far the clock is advanced between two polls, if no function is running; for what the embedded cloud does
	// once in a while.
	step time.Duration
	// between, if set, is called between two polls. It gets the number of polls so far. Its error ends the wait.
	between func(polls int) error
}

// until polls until done returns true. what describes the condition. The error says that it was not met.
func (w wait) until(what string, done func() (bool, error)) error {
	w.limit, w.interval = cmp.Or(w.limit, 20*time.Second), cmp.Or(w.interval, 20*time.Millisecond)
	deadline := time.Now().Add(w.limit)
	for polls := 1; ; polls++ {
		ok, err := done()
		if ok {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.Join(fmt.Errorf("not within %s: %s", w.limit, what), err)
		}
		time.Sleep(w.interval)
		if w.step > 0 && polls > 2 && deployment.cloud != nil && idle(deployment.cloud, deployment.outputs.functions()) {
			deployment.clock.Advance(w.step)
		}
		if w.between != nil {
			if stop := w.between(polls); stop != nil {
				return errors.Join(fmt.Errorf("not met: %s: %w", what, stop), err)
			}
		}
	}
}

// eventually fails the test unless the condition is met within 20 seconds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.NoError(t, wait{}.until(what, func() (bool, error) { return condition(), nil }))
}

// eventuallyAdvancing is eventually with a clock that runs faster while no function is running. It is for what may depend on
// a stream: Lambda polls a shard once in a second.
func eventuallyAdvancing(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.NoError(t, wait{step: 200 * time.Millisecond}.until(what, func() (bool, error) { return condition(), nil }))
}

// waitUntilEmpty waits until queues have no message, neither visible nor in flight.
func waitUntilEmpty(t *testing.T, queueURLs ...string) {
	t.Helper()
	eventually(t, "the queues are empty", func() bool { return countMessages(t, queueURLs...) == 0 })
}

// waitForMessages waits until a queue has at least n visible messages.
func waitForMessages(t *testing.T, queueURL string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("the queue has %d messages", n), func() bool {
		visible, _ := depth(t, queueURL)
		return visible >= n
	})
}

// skipRetryDelays waits until a queue is empty: its messages were handled or moved to the dead-letter queue. It advances
// the clock past one visibility timeout whenever all messages are in flight and no function of the pattern is running.
func skipRetryDelays(t *testing.T, functions map[string]function, queueURL string) {
	t.Helper()
	cloud := embedded(t)
	eventually(t, "the messages are handled or dead-lettered", func() bool {
		visible, inFlight := depth(t, queueURL)
		if visible+inFlight == 0 {
			return true
		}
		if visible == 0 && idle(cloud, functions) {
			deployment.clock.Advance(181 * time.Second)
		}
		return false
	})
}

// idle returns whether none of these functions is running.
func idle(cloud *local.Cloud, functions map[string]function) bool {
	for _, f := range functions {
		if cloud.Lambda.Stats(f.Name).Busy > 0 {
			return false
		}
	}
	return true
}
