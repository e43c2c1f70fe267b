package coffeeclient

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/coffee"
)

func TestGeneratedOrdersFollowTheContractAndTheSeed(t *testing.T) {
	one, two, other := NewGenerator(1, time.Now), NewGenerator(1, time.Now), NewGenerator(2, time.Now)
	same := true
	for range 200 {
		a, b, c := one.Next(), two.Next(), other.Next()
		body, err := coffee.EncodeJSON(map[string]coffee.Order{"order": a})
		require.NoError(t, err)
		back, err := coffee.ParseRequest(body, time.Now())
		require.NoError(t, err)
		require.Equal(t, a, back)
		require.Equal(t, a.Details, b.Details)
		require.Equal(t, a.VendorID, b.VendorID)
		require.NotEqual(t, a.AccountID, b.AccountID, "a run does not replace the orders of another")
		same = same && a.Details == c.Details
	}
	require.False(t, same)
}

// api accepts every order.
func api(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ Order struct{ AccountID string } }
		_ = json.NewDecoder(r.Body).Decode(&body)
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]string{"orderid": "of-" + body.Order.AccountID})
	}))
	t.Cleanup(s.Close)
	return s
}

func TestLoadReportsEachAcceptedOrder(t *testing.T) {
	ids := map[string]bool{}
	var answered atomic.Int64
	load := Load{
		Client: NewClient(api(t).URL, 4), Generator: NewGenerator(1, time.Now), Count: 100, AtOnce: 4,
		Accepted: func(o coffee.Order) error {
			require.Equal(t, "of-"+o.AccountID, o.OrderID)
			ids[o.OrderID] = true
			return nil
		},
		Answered: func() { answered.Add(1) },
	}
	answers, err := load.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, 100, answers.Accepted())
	require.Len(t, ids, 100)
	require.Equal(t, int64(100), answered.Load())
}

func TestAnAnswerWithoutAnOrderIDLeavesTheClientsOrElseTheRequests(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"requestid":"r-1","executionArn":"arn"}`))
	}))
	t.Cleanup(s.Close)
	o := NewGenerator(1, time.Now).Next()
	for given, want := range map[string]string{"": "r-1", "mine": "mine"} {
		o.OrderID = given
		id, err := NewClient(s.URL, 1).Place(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, want, id)
	}
}

func TestLoadStopsWithItsContextOrAnErrorOfAccepted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	load := Load{Client: NewClient(api(t).URL, 1), Generator: NewGenerator(1, time.Now), Count: 100, AtOnce: 1}
	load.Accepted = func(coffee.Order) error {
		cancel()
		return nil
	}
	answers, err := load.Run(ctx)
	require.EqualError(t, err, "stopped with 99 orders not sent")
	require.Equal(t, 1, answers.Count())

	full := errors.New("disk full")
	load.Accepted = func(coffee.Order) error { return full }
	answers, err = load.Run(t.Context())
	require.ErrorIs(t, err, full)
	require.Equal(t, 1, answers.Count())
}
