// Package clock is real time that can be moved forward: the time of an embedded cloud in which a person does not want to wait for
// an hour.
package clock

import (
	"container/heap"
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// Clock is a clockwork.Clock that runs at the speed of real time, ahead of it by what Advance has added. It is safe for concurrent
// use. It needs no goroutine of its own: one timer of the Go runtime waits for what is due next.
type Clock struct {
	mu      sync.Mutex
	ahead   time.Duration
	waiters waiters
	wake    *time.Timer // for the first of waiters
}

var _ clockwork.Clock = (*Clock)(nil)

// New returns a clock that shows real time.
func New() *Clock {
	c := &Clock{}
	c.wake = time.AfterFunc(never, c.fire)
	c.wake.Stop()
	return c
}

const never = 1<<63 - 1

// Advance moves the clock forward. Everything that becomes due by that happens now. A ticker ticks once, as one of package time does
// whose reader was late.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic(errors.New("a clock cannot be moved back"))
	}
	c.mu.Lock()
	c.ahead += d
	c.mu.Unlock()
	c.fire()
}

// Now returns the time of the clock. It has a reading of the monotonic clock, as time.Now has.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time { return time.Now().Add(c.ahead) }

// Since returns how long ago t was.
func (c *Clock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// Until returns the time until t.
func (c *Clock) Until(t time.Time) time.Duration { return t.Sub(c.Now()) }

// Sleep waits for d.
func (c *Clock) Sleep(d time.Duration) { <-c.After(d) }

// After returns a channel on which the time is sent once, after d.
func (c *Clock) After(d time.Duration) <-chan time.Time { return c.NewTimer(d).Chan() }

// NewTimer returns a timer as time.NewTimer does: once it has been stopped or reset, no earlier time is received from its channel.
func (c *Clock) NewTimer(d time.Duration) clockwork.Timer {
	w := &waiter{clock: c, c: make(chan time.Time, 1), place: idle}
	w.Reset(d)
	return w
}

// AfterFunc runs f in a goroutine of its own after d.
func (c *Clock) AfterFunc(d time.Duration, f func()) clockwork.Timer {
	w := &waiter{clock: c, f: f, place: idle}
	w.Reset(d)
	return w
}

// NewTicker returns a ticker as time.NewTicker does.
func (c *Clock) NewTicker(d time.Duration) clockwork.Ticker {
	t := ticker{&waiter{clock: c, c: make(chan time.Time, 1), place: idle}}
	t.Reset(d)
	return t
}

// fire lets happen what is due, and sets the timer for what is due next.
func (c *Clock) fire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	for len(c.waiters) > 0 && !c.waiters[0].due.After(now) {
		w := c.waiters[0]
		w.fire(now)
		if w.period == 0 {
			heap.Pop(&c.waiters)
			continue
		}
		// The next tick is at a multiple of the period.
		w.due = w.due.Add(w.period * (1 + now.Sub(w.due)/w.period))
		heap.Fix(&c.waiters, 0)
	}
	c.schedule(now)
}

func (c *Clock) schedule(now time.Time) {
	if len(c.waiters) > 0 {
		c.wake.Reset(c.waiters[0].due.Sub(now))
	} else {
		c.wake.Stop()
	}
}
