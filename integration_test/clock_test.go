package integration_test

import (
	"time"

	"github.com/jonboulle/clockwork"
)

// clock is the embedded cloud's time in these tests. It runs at the speed of real time, and jumps ahead where a test
// would otherwise wait for minutes. All jumps together have to stay under an hour: functions and clients sign with the
// machine's time, and a presigned URL is good for that long. Those
// that jump the furthest, of the checker, are in the files pipeline_*, which Go runs after all that read an invoice.
type clock struct {
	*clockwork.FakeClock
	done, stopped chan struct{}
}

func startClock() *clock {
	c := &clock{FakeClock: clockwork.NewFakeClockAt(time.Now()), done: make(chan struct{}), stopped: make(chan struct{})}
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
