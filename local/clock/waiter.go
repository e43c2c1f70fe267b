package clock

import (
	"container/heap"
	"errors"
	"time"
)

// waiter is a timer, or a ticker if it has a period. The clock's lock guards it.
type waiter struct {
	clock  *Clock
	c      chan time.Time // nil for AfterFunc
	f      func()
	due    time.Time
	period time.Duration
	place  int // in the heap; idle if it is not there
}

const idle = -1

// Chan is where the time is sent when it is due.
func (w *waiter) Chan() <-chan time.Time { return w.c }

// Reset makes it due after d. It returns whether it was waiting.
func (w *waiter) Reset(d time.Duration) bool { return w.reset(d, 0) }

// Stop makes it never due. It returns whether it was waiting.
func (w *waiter) Stop() bool {
	w.clock.mu.Lock()
	defer w.clock.mu.Unlock()
	return w.stop()
}

// stop leaves the clock's timer: if it was for this waiter, nothing is due when it fires, and it is set for the next one.
func (w *waiter) stop() (waited bool) {
	if w.place != idle {
		heap.Remove(&w.clock.waiters, w.place)
		waited = true
	}
	select {
	case <-w.c:
		waited = waited || w.period == 0 // as package time has it: what was not received has not happened
	default:
	}
	return waited
}

func (w *waiter) reset(d, period time.Duration) (waited bool) {
	c := w.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	waited = w.stop()
	now := c.now()
	w.due, w.period = now.Add(d), period
	if d <= 0 {
		w.fire(now)
		return waited
	}
	heap.Push(&c.waiters, w)
	if w.place == 0 {
		c.schedule(now)
	}
	return waited
}

// fire does not block.
func (w *waiter) fire(now time.Time) {
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

// waiters is a heap of what waits: the first one is due first.
type waiters []*waiter

func (w waiters) Len() int           { return len(w) }
func (w waiters) Less(i, j int) bool { return w[i].due.Before(w[j].due) }

func (w waiters) Swap(i, j int) {
	w[i], w[j] = w[j], w[i]
	w[i].place, w[j].place = i, j
}

func (w *waiters) Push(x any) {
	added := x.(*waiter)
	added.place = len(*w)
	*w = append(*w, added)
}

func (w *waiters) Pop() any {
	last := len(*w) - 1
	removed := (*w)[last]
	(*w)[last], *w = nil, (*w)[:last]
	removed.place = idle
	return removed
}
