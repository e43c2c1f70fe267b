package integration_test

import (
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
)

// clock is the time of the embedded cloud. It runs at the speed of real time. Tests advance it where they would otherwise
// wait for minutes.
//
// Functions sign presigned URLs with the machine's time, and the cloud checks them with this clock. A presigned URL is
// valid for one hour. So tests that read invoices work only until the clock is an hour ahead of the machine's time. Tests
// that advance it by many minutes and read no invoices call runAfterOthers.
type clock struct {
	*clockwork.FakeClock
	done, stopped chan struct{}
}

func startClock() *clock { return startClockAt(time.Now()) }

func startClockAt(now time.Time) *clock {
	c := &clock{FakeClock: clockwork.NewFakeClockAt(now), done: make(chan struct{}), stopped: make(chan struct{})}
	go c.run()
	return c
}

func (c *clock) run() {
	defer close(c.stopped)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-c.done:
			return
		case now := <-tick.C:
			c.Advance(now.Sub(last))
			last = now
		}
	}
}

func (c *clock) stop() error {
	close(c.done)
	<-c.stopped
	return nil
}

// now returns the time of the cloud that the tests run against.
func now() time.Time {
	if deployment.clock != nil {
		return deployment.clock.Now()
	}
	return time.Now()
}

// runAfterOthers makes a test run after all tests that do not call this function: Go runs parallel tests when all others
// have ended. TestMain makes the parallel tests run one at a time.
func runAfterOthers(t *testing.T) {
	t.Helper()
	t.Parallel()
}
