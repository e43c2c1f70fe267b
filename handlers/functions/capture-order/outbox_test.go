package main

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	injected "github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

func TestAnOrderIsAnnouncedBeforeItIsStored(t *testing.T) {
	w := start(t)
	stores := 0
	w.db.Fault(injected.Rule{Action: "dynamodb:PutItem", Do: func(context.Context, injected.Event) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		stores++
		assert.Len(t, w.announced, 3, "all orders of the request")
		return nil
	}})
	var a batchAnswer
	require.Equal(t, 200, w.call(t.Context(), event(t, "post-orders.json"), &a))
	require.Equal(t, 3, stores)
	var ids []string
	for _, o := range a.Orders {
		ids = append(ids, o.OrderID)
	}
	require.Equal(t, ids, w.announced)
	require.Len(t, w.delays, 1, "one message for the whole request")
}

func TestNothingIsStoredThatIsNotAnnounced(t *testing.T) {
	for _, file := range []string{"post-order.json", "post-orders.json"} {
		w := start(t)
		w.refuse = errors.New("down")
		require.Equal(t, fault{503, "the order was not accepted; please try again"}, w.fails(event(t, file)))
		require.Empty(t, w.all())
		require.Empty(t, w.published)
	}
	w := start(t)
	w.refuse = errors.New("down")
	require.Equal(t, fault{503, "the order was not accepted yet; please repeat the request with the same Idempotency-Key"},
		w.fails(event(t, "post-order-key.json")))
	require.Empty(t, w.all())
}

// The delay outlasts the invocation, so that relay-order cannot look for the order before it is stored.
func TestTheAnnouncementArrivesAfterTheEndOfTheInvocation(t *testing.T) {
	w := start(t)
	for timeout, want := range map[time.Duration]int32{10 * time.Second: 10 + 30, 880 * time.Second: 900, 900 * time.Second: 900} {
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		var o answeredOrder
		require.Equal(t, 200, w.call(ctx, event(t, "post-order.json"), &o))
		cancel()
		got := w.delays[len(w.delays)-1]
		// The work ends a second before the deadline, and the delay is reckoned from the end of the work.
		require.GreaterOrEqual(t, got, want-2, timeout)
		require.LessOrEqual(t, got, want, timeout)
	}
	var o answeredOrder
	require.Equal(t, 200, w.call(t.Context(), event(t, "post-order.json"), &o))
	require.EqualValues(t, 900, w.delays[len(w.delays)-1], "without a deadline")
}

// Whether an answer is lost or a write is refused, what is stored was announced.
func TestEveryStoredOrderIsAnnouncedWhicheverCallFails(t *testing.T) {
	for name, fail := range map[string]func(*world){
		"the answer to the announcement is lost": func(w *world) { w.refuse = errors.New("lost") },
		"the order is not stored":                func(w *world) { w.db.Fault(put(injected.Before)) },
		"the answer of the table is lost":        func(w *world) { w.db.Fault(put(injected.After)) },
		"the order is not published":             func(w *world) { w.fail = map[string]error{"": errors.New("down")} },
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			fail(w)
			w.fails(event(t, "post-orders.json"))
			for _, rec := range w.all() {
				require.True(t, slices.Contains(w.announced, rec.OrderID))
			}
		})
	}
}

func put(when injected.When) injected.Rule {
	return injected.Rule{Action: "dynamodb:PutItem", When: when, Do: dynamodbtest.Answer(errors.New("lost"))}
}

// The client is told that the order was not accepted, and its next request is another one.
func TestAnOrderWhoseStoringIsNotAnsweredIsRejectedIfTheClientCannotRepeatIt(t *testing.T) {
	w := start(t)
	w.db.Fault(put(injected.After))
	require.Equal(t, fault{503, "the order was not accepted; please try again"}, w.fails(event(t, "post-order.json")))
	require.Equal(t, checker.Rejected, w.all()["c1"].Status)

	w = start(t)
	w.db.Fault(put(injected.After))
	require.Equal(t, fault{503, "the order was not accepted yet; please repeat the request with the same Idempotency-Key"},
		w.fails(event(t, "post-order-key.json")))
	require.Equal(t, checker.Pending, w.all()["c1"].Status, "relay-order or a repeated request publishes it")
}
