package integration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// moves returns whether a function of the pattern is running, or a queue has a message that can be received.
func (w weaknesses) moves(t *testing.T) bool {
	t.Helper()
	if !idle(embedded(t), w.functions) {
		return true
	}
	for _, url := range w.queues {
		if visible, _, _ := depths(t, url); visible > 0 {
			return true
		}
	}
	return false
}

// waitForRest waits until nothing has moved for a while: an order may be between two functions.
func (w weaknesses) waitForRest(t *testing.T, limit time.Duration) (atRest bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for quiet := 0; quiet < 4; time.Sleep(15 * time.Millisecond) {
		if quiet++; w.moves(t) {
			quiet = 0
		}
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// outlast advances the clock to the end of the last outage, in a few steps, and ends the trouble. In an outage functions are
// seldom at rest: they retry. Then the clock advances past their timeouts, which end them.
func (tr *trouble) outlast() {
	const steps = 2
	left := tr.until.Sub(now())
	for step := left/steps + time.Millisecond; left > 0; left = tr.until.Sub(now()) {
		tr.pattern.waitForRest(tr.t, 600*time.Millisecond)
		deployment.clock.Advance(min(step, left))
	}
	tr.end()
}

// waitUntilDone waits until all messages are handled and done returns true. Whenever nothing moves, it advances the clock by
// step: past visibility timeouts and the delays of retries.
func (w weaknesses) waitUntilDone(t *testing.T, step time.Duration, done func() bool) {
	t.Helper()
	const maxSteps = 60
	for range maxSteps {
		w.waitForRest(t, 20*time.Second)
		if countMessages(t, w.queues...) == 0 && done() {
			return
		}
		deployment.clock.Advance(step)
	}
	require.Fail(t, "the pattern has not done everything", "%d messages are left", countMessages(t, w.queues...))
}
