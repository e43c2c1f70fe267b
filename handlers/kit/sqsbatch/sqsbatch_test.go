package sqsbatch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
)

func batch(n int) (b events.SQSEvent) {
	for i := range n {
		b.Records = append(b.Records, events.SQSMessage{MessageId: fmt.Sprintf("m%d", i), Body: fmt.Sprint(i)})
	}
	return b
}

func failed(r events.SQSEventResponse) []string {
	ids := []string{}
	for _, f := range r.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func TestEveryMessageIsHandledAndOnlyTheBadOnesFail(t *testing.T) {
	var handled sync.Map
	r := new(handlertest.Queue).Consumer().Process(context.Background(), batch(10), 4, func(_ context.Context, m events.SQSMessage) error {
		handled.Store(m.MessageId, true)
		switch m.MessageId {
		case "m3":
			return errors.New("malformed")
		case "m7":
			panic("bug")
		}
		return nil
	})
	require.Equal(t, []string{"m3", "m7"}, failed(r))
	for _, m := range batch(10).Records {
		_, ok := handled.Load(m.MessageId)
		require.True(t, ok, m.MessageId)
	}
}

func TestSuccessIsAnEmptyListNotNull(t *testing.T) {
	for _, n := range []int{0, 3} {
		r := new(handlertest.Queue).Consumer().Process(context.Background(), batch(n), 10, func(context.Context, events.SQSMessage) error { return nil })
		require.NotNil(t, r.BatchItemFailures)
		require.Empty(t, r.BatchItemFailures)
	}
}

func TestNoMoreThanTheLimitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, peak atomic.Int32
		r := new(handlertest.Queue).Consumer().Process(t.Context(), batch(30), 4, func(context.Context, events.SQSMessage) error {
			n := now.Add(1)
			defer now.Add(-1)
			for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
			}
			time.Sleep(time.Second)
			return nil
		})
		require.Empty(t, failed(r))
		require.EqualValues(t, 4, peak.Load())
	})
}

func TestNearTheDeadlineTheRestIsReportedNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		start := time.Now()
		// Each takes 10 s: two rounds of three end before the deadline, the third round does not.
		r := new(handlertest.Queue).Consumer().Process(ctx, batch(10), 3, func(ctx context.Context, _ events.SQSMessage) error {
			select {
			case <-time.After(10 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		require.Equal(t, []string{"m6", "m7", "m8", "m9"}, failed(r))
		require.Equal(t, 29*time.Second, time.Since(start))
	})
}

func TestHandlerThatIgnoresTheContextDoesNotDelayTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		r := new(handlertest.Queue).Consumer().Process(ctx, batch(2), 2, func(_ context.Context, m events.SQSMessage) error {
			if m.MessageId == "m1" {
				time.Sleep(time.Hour)
			}
			return nil
		})
		require.Equal(t, []string{"m1"}, failed(r))
		// A tenth of three seconds is less than deadline.Margin.
		require.Equal(t, 2700*time.Millisecond, time.Since(start))
		time.Sleep(2 * time.Hour) // the straggler finishes, and finds room for its result
	})
}
