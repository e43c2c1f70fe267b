// Package clock is real time that can be moved forward: the time of an embedded cloud in which a person does not want to wait for
// an hour.
package clock

import (
	"errors"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"
)

// Clock is a clockwork.Clock that runs at the speed of real time, ahead of it by what Advance has added. It is safe for concurrent
// use. Timers of the Go runtime wait for what is due, so that it uses no CPU while nothing is.
type Clock struct {
	mu      sync.Mutex
	ahead   time.Duration
	waiting map[*waiter]bool
}

var _ clockwork.Clock = (*Clock)(nil)

// New returns a clock that shows real time.
func New() *Clock { return &Clock{waiting: map[*waiter]bool{}} }

// Advance moves the clock forward. Everything that becomes due by that happens now. A ticker ticks once, as one of package time does
// whose reader was late.
func (c *Clock) Advance(d time.Duration) {
	if d < 0 {
		panic(errors.New("a clock cannot be moved back"))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	now := c.now()
	for w := range c.waiting {
		w.timer.Reset(w.due.Sub(now))
	}
}

// Now returns the time of the clock. It has a reading of the monotonic clock, as that of time.Now.
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

// NewTimer returns a timer as time.NewTimer does: once it was stopped or reset, no earlier time is received from its channel.
func (c *Clock) NewTimer(d time.Duration) clockwork.Timer {
	w := &waiter{clock: c, c: make(chan time.Time, 1)}
	w.reset(d, 0)
	return w
}

// AfterFunc runs f in a goroutine of its own after d.
func (c *Clock) AfterFunc(d time.Duration, f func()) clockwork.Timer {
	w := &waiter{clock: c, f: f}
	w.reset(d, 0)
	return w
}

// NewTicker returns a ticker as time.NewTicker does.
func (c *Clock) NewTicker(d time.Duration) clockwork.Ticker {
	t := ticker{&waiter{clock: c, c: make(chan time.Time, 1)}}
	t.Reset(d)
	return t
}

// waiter is a timer, or a ticker if it has a period. The clock's lock guards it.
type waiter struct {
	clock  *Clock
	c      chan time.Time // nil for AfterFunc
	f      func()
	timer  *time.Timer
	due    time.Time
	period time.Duration
}

func (w *waiter) Chan() <-chan time.Time { return w.c }

func (w *waiter) Reset(d time.Duration) bool { return w.reset(d, 0) }

func (w *waiter) Stop() bool {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	return w.stop()
}

func (w *waiter) reset(d, period time.Duration) (waited bool) {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	waited = w.stop()
	w.due, w.period = w.clock.now().Add(d), period
	w.clock.waiting[w] = true
	w.timer = time.AfterFunc(d, w.fire)
	return waited
}

// stop returns whether the waiter was waiting. As with package time, what was not received has not happened.
func (w *waiter) stop() (waited bool) {
	if waited = w.clock.waiting[w]; waited {
		w.timer.Stop()
		delete(w.clock.waiting, w)
	}
	select {
	case <-w.c:
		return true
	default:
		return waited
	}
}

// fire is called by the timer, which may have been stopped or reset since.
func (w *waiter) fire() {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	now := w.clock.now()
	if !w.clock.waiting[w] || w.due.After(now) {
		return
	}
	if w.period > 0 { // the next tick is at a multiple of the period
		w.due = w.due.Add(w.period * (1 + now.Sub(w.due)/w.period))
		w.timer.Reset(w.due.Sub(now))
	} else {
		delete(w.clock.waiting, w)
	}
	if w.f != nil {
		go w.f()
		return
	}
	select {
	case w.c <- now:
	default: // the last tick was not received
	}
}

// ticker has the methods of a clockwork.Ticker, which return nothing.
type ticker struct{ w *waiter }

func (t ticker) Chan() <-chan time.Time { return t.w.c }

func (t ticker) Stop() { t.w.Stop() }

func (t ticker) Reset(d time.Duration) {
	if d <= 0 {
		panic(errors.New("the period of a ticker must be positive"))
	}
	t.w.reset(d, d)
}
