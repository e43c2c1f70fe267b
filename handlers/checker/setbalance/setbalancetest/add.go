package setbalancetest

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

// added returns the request that adds an amount to the balance of the recorded request, under a key if that is not empty.
func (w *world) added(amount, key string) httpapi.Request {
	r := httpapi.Request{Body: fmt.Sprintf(`{%q:%q,"add":%s}`, w.Kind.Key, w.ID, amount)}
	if key != "" {
		r.Headers = map[string]string{"idempotency-key": key}
	}
	return r
}

// stocked starts the function with the balance of the recorded request.
func (a API) stocked(t *testing.T) *world {
	t.Helper()
	w := a.start(t)
	status, body := w.call(t, w.recorded(t))
	require.Equal(t, 202, status, body)
	return w
}

// Adds tests that amounts are added one after the other, and that the new balance is stored and returned. all has each
// amount as it is spelled in a request, and the balance after it was added.
func (a API) Adds(t *testing.T, all [][2]string) {
	w := a.stocked(t)
	for _, addition := range all {
		status, body := w.call(t, w.added(addition[0], ""))
		require.Equal(t, 202, status, body)
		require.JSONEq(t, fmt.Sprintf(`{"code":202,"updatedPayload":{%q:%q,"balance":%s,"updateTime":"2026-03-01T08:30:00Z"}}`,
			a.Kind.Key, a.ID, addition[1]), body)
		require.Equal(t, addition[1], w.left(t))
	}
}

// RefusesToAdd tests that amounts after which the balance would be out of range are refused with these descriptions, and
// that an unknown id is with the description unknown. Nothing is stored.
func (a API) RefusesToAdd(t *testing.T, outOfRange map[string]string, unknown string) {
	w := a.stocked(t)
	for _, key := range []string{"", "k"} {
		for amount, want := range outOfRange {
			status, body := w.call(t, w.added(amount, key))
			require.Equal(t, 409, status, body)
			require.Equal(t, fmt.Sprintf(`{"status":409,"description":%q}`, want), body)
			require.Equal(t, a.Balance, w.left(t))
		}
		r := w.added("1", key)
		r.Body = fmt.Sprintf(`{%q:"nobody","add":1}`, a.Kind.Key)
		status, body := w.call(t, r)
		require.Equal(t, 404, status, body)
		require.Equal(t, fmt.Sprintf(`{"status":404,"description":%q}`, unknown), body)
		require.Nil(t, w.Get(t, table, a.Kind.Key, "nobody"))
	}
	// A key whose addition was refused can be used again.
	status, body := w.call(t, w.added("-1", "k"))
	require.Equal(t, 202, status, body)
}

// AddsOnceUnderAKey tests that a request that is repeated under its key, also concurrently, adds once, and that a key cannot be used for
// another amount.
func (a API) AddsOnceUnderAKey(t *testing.T) {
	w := a.stocked(t)
	status, body := w.call(t, httpapi.Request{Body: w.with(t, "12").Body})
	require.Equal(t, 202, status, body)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			answer, err := w.function.Handle(t.Context(), w.added("-5", "k1"))
			assert.NoError(t, err)
			assert.Equal(t, 202, answer.StatusCode, answer.Body)
			assert.Contains(t, answer.Body, `"balance":7,`)
		})
	}
	all.Wait()
	for _, tt := range []struct {
		amount, key, balance string
	}{
		{"-5", "k2", "2"}, {"-5", "k1", "2"}, {"-5.0", "k2", "2"}, // not enough is left for another 5
		{"1", "", "3"}, {"1", "", "4"}, // without a key each is another one
	} {
		status, body := w.call(t, w.added(tt.amount, tt.key))
		require.Equal(t, 202, status, body)
		require.Contains(t, body, `"balance":`+tt.balance+`,`)
		require.Equal(t, tt.balance, w.left(t))
	}
	status, body = w.call(t, w.added("5", "k1"))
	require.Equal(t, 422, status)
	require.Equal(t, `{"status":422,"description":"another amount was added under this Idempotency-Key"}`, body)
	status, body = w.call(t, w.added("5", "k 1"))
	require.Equal(t, 400, status, body)
	require.Equal(t, "4", w.left(t))
	// The item of the key expires after 30 days. The function's clock is at 2026-03-01T08:30:00Z.
	note := w.Get(t, table, a.Kind.Key, a.ID+" k1")
	require.Equal(t, dynamodbtest.Item{a.Kind.Key: text(a.ID + " k1"), "added": number("-5"), "expires": number("1774945800")}, note)
}

// AddsOnceThoughTheAnswerIsLost tests that an addition whose answer is lost is made once, if the client repeats it under its key, and if
// the SDK repeats it without one.
func (a API) AddsOnceThoughTheAnswerIsLost(t *testing.T) {
	w := a.stocked(t)
	lose := func(times int) {
		t.Cleanup(w.Fault(fault.Rule{Action: "dynamodb:UpdateItem", When: fault.After, Times: times,
			Do: dynamodbtest.Answer(wire.Errorf(http.StatusInternalServerError, "InternalServerError", "lost"))}))
	}
	lose(1)
	status, body := w.call(t, w.added("1", "k"))
	require.Equal(t, 503, status)
	require.Equal(t, `{"status":503,"description":"it is not known whether the amount was added; please repeat the request with the same Idempotency-Key"}`, body)
	once := w.left(t)
	require.NotEqual(t, a.Balance, once)
	status, body = w.call(t, w.added("1", "k"))
	require.Equal(t, 202, status, body)
	require.Equal(t, once, w.left(t))

	// Unlike the function's client, the client of these tests does not retry.
	lose(1)
	status, body = w.call(t, w.added("-1", ""))
	require.Equal(t, 503, status)
	require.Equal(t, `{"status":503,"description":"it is not known whether the amount was added; only with an Idempotency-Key can the request be repeated"}`, body)
	require.Equal(t, a.Balance, w.left(t))
	w.retrying()
	lose(2)
	status, body = w.call(t, w.added("1", ""))
	require.Equal(t, 202, status, body)
	require.Equal(t, once, w.left(t))

	w.Fault(fault.Rule{Action: "dynamodb:GetItem", Times: 3, Do: dynamodbtest.Answer(errors.New("down"))})
	answer, err := w.function.Handle(t.Context(), w.added("-1", ""))
	status, body = handlertest.Answer(t, answer, err)
	require.Equal(t, 503, status)
	require.Equal(t, `{"status":503,"description":"the amount was added, but the new balance could not be read"}`, body)
}
