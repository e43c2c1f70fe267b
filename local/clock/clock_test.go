package clock_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/clock"
)

// received returns what is on a channel now.
func received(c <-chan time.Time) (times []time.Time) {
	for {
		synctest.Wait()
		select {
		case t := <-c:
			times = append(times, t)
		default:
			return times
		}
	}
}

// bubble runs a test in which real time stands still until all wait for it.
func bubble(t *testing.T, f func(t *testing.T, c *clock.Clock)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, clock.New()) })
}

func TestItRunsAtTheSpeedOfRealTimeAndAheadOfIt(t *testing.T) {
	bubble(t, func(t *testing.T, c *clock.Clock) {
		begin := time.Now()
		require.True(t, c.Now().Equal(begin))
		c.Advance(time.Hour)
		c.Sleep(time.Minute)
		require.Equal(t, time.Hour+time.Minute, c.Since(begin))
		require.Equal(t, time.Minute, time.Since(begin))
		require.Equal(t, -time.Hour-time.Minute, c.Until(begin))
		require.Panics(t, func() { c.Advance(-1) })
	})
}

func TestATimerIsDueByRealTimeOrByAdvance(t *testing.T) {
	bubble(t, func(t *testing.T, c *clock.Clock) {
		begin := c.Now()
		long, short := c.NewTimer(time.Hour), c.NewTimer(time.Minute)
		time.Sleep(time.Minute - 1)
		require.Empty(t, received(short.Chan()))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []time.Time{begin.Add(time.Minute)}, received(short.Chan()))

		c.Advance(59*time.Minute - 1)
		require.Empty(t, received(long.Chan()))
		time.Sleep(time.Nanosecond)
		require.Equal(t, []time.Time{begin.Add(time.Hour)}, received(long.Chan()))

		again := c.After(time.Hour)
		c.Advance(24 * time.Hour)
		require.Len(t, received(again), 1)
		require.Len(t, received(c.After(0)), 1)
		require.Len(t, received(c.After(-time.Hour)), 1)
	})
}

func TestAStoppedOrResetTimerSendsNothingOld(t *testing.T) {
	bubble(t, func(t *testing.T, c *clock.Clock) {
		timer := c.NewTimer(time.Minute)
		require.True(t, timer.Stop())
		require.False(t, timer.Stop())
		c.Advance(time.Hour)
		require.Empty(t, received(timer.Chan()))

		require.False(t, timer.Reset(time.Minute))
		c.Advance(time.Hour)
		require.True(t, timer.Reset(time.Minute), "what was not received has not happened")
		require.Empty(t, received(timer.Chan()))
		require.True(t, timer.Reset(time.Hour))
		c.Advance(time.Minute)
		require.Empty(t, received(timer.Chan()))
		c.Advance(time.Hour)
		require.Len(t, received(timer.Chan()), 1)
	})
}

func TestATickerTicksOnceAfterAdvanceAndKeepsItsPeriod(t *testing.T) {
	bubble(t, func(t *testing.T, c *clock.Clock) {
		ticker := c.NewTicker(time.Minute)
		defer ticker.Stop()
		for range 3 {
			time.Sleep(time.Minute)
			require.Len(t, received(ticker.Chan()), 1)
		}
		c.Advance(time.Hour + 40*time.Second)
		require.Len(t, received(ticker.Chan()), 1)
		time.Sleep(19 * time.Second)
		require.Empty(t, received(ticker.Chan()))
		time.Sleep(time.Second)
		require.Len(t, received(ticker.Chan()), 1)

		ticker.Reset(time.Hour)
		time.Sleep(time.Minute)
		require.Empty(t, received(ticker.Chan()))
		c.Advance(59 * time.Minute)
		require.Len(t, received(ticker.Chan()), 1)
		ticker.Stop()
		c.Advance(24 * time.Hour)
		require.Empty(t, received(ticker.Chan()))
		require.Panics(t, func() { c.NewTicker(0) })
	})
}

func TestAfterFuncRunsOnceAndMayUseTheClock(t *testing.T) {
	bubble(t, func(t *testing.T, c *clock.Clock) {
		var minutes int
		var each func()
		each = func() {
			minutes++
			c.AfterFunc(time.Minute, each)
		}
		timer := c.AfterFunc(time.Minute, each)
		require.Nil(t, timer.Chan())
		c.Advance(time.Minute)
		synctest.Wait()
		require.Equal(t, 1, minutes)
		require.False(t, timer.Stop())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 2, minutes)

		stopped := c.AfterFunc(time.Minute, func() { t.Error("was stopped") })
		require.True(t, stopped.Stop())
		c.Advance(time.Hour)
		synctest.Wait()
		require.Equal(t, 3, minutes)
	})
}

func TestEachTimerIsDueAtItsOwnTime(t *testing.T) {
	bubble(t, func(t *testing.T, c *clock.Clock) {
		var channels []<-chan time.Time
		for _, minutes := range []time.Duration{30, 10, 50, 20, 40} {
			channels = append(channels, c.After(minutes*time.Minute))
		}
		for sent := range 5 {
			var due int
			synctest.Wait()
			for _, channel := range channels {
				due += len(channel)
			}
			require.Equal(t, sent, due)
			c.Advance(10 * time.Minute)
		}
	})
}

func TestItIsSafeForConcurrentUse(t *testing.T) {
	c := clock.New()
	var fired atomic.Int64
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for range 200 {
				timer := c.NewTimer(time.Hour)
				c.AfterFunc(time.Minute, func() { fired.Add(1) })
				c.Advance(time.Minute)
				timer.Reset(time.Hour)
				timer.Stop()
				ticker := c.NewTicker(time.Microsecond)
				<-ticker.Chan()
				ticker.Stop()
			}
		})
	}
	users.Wait()
	require.Eventually(t, func() bool { return fired.Load() == 8*200 }, 10*time.Second, time.Millisecond)
}
