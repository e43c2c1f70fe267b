package main

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The ids must never change, or a request that is repeated after an update of the function would be a new order.
func TestOrderIDsOfAKeyStayTheSame(t *testing.T) {
	ids := map[string]bool{}
	for _, c := range []struct {
		key      requestKey
		customer string
		index    int
	}{
		{requestKey{text: "k"}, "c1", 0}, {requestKey{text: "k"}, "c1", 1}, {requestKey{text: "k"}, "c1", 11}, {requestKey{text: "k"}, "c11", 1},
		{requestKey{text: "k"}, "c2", 0}, {requestKey{text: "k2"}, "c1", 0},
		{requestKey{"k", "account c1"}, "c1", 0}, {requestKey{"k", "account c2"}, "c1", 0}, {requestKey{"k", "principal c1"}, "c1", 0},
	} {
		id, err := c.key.orderID(c.customer, c.index)
		require.NoError(t, err)
		again, err := c.key.orderID(c.customer, c.index)
		require.NoError(t, err)
		require.Equal(t, id, again)
		require.False(t, ids[id], "%v has an id of its own", c)
		ids[id] = true
	}
	id, err := requestKey{text: "k"}.orderID("c1", 0)
	require.NoError(t, err)
	require.Equal(t, uuid.Version(5), uuid.MustParse(id).Version())
	require.Equal(t, "a200b34b-0b8e-53c4-beca-46899706c455", id)
}

func TestWithoutAKeyEveryOrderHasANewID(t *testing.T) {
	one, err := requestKey{}.orderID("c1", 0)
	require.NoError(t, err)
	two, err := requestKey{}.orderID("c1", 0)
	require.NoError(t, err)
	require.Less(t, one, two)
	require.Equal(t, uuid.Version(7), uuid.MustParse(one).Version())
}

func TestARepeatedRequestIsTheSameOrder(t *testing.T) {
	w := start(t)
	r := event(t, "post-order-key.json")
	var first, second answeredOrder
	require.Equal(t, 200, w.call(t.Context(), r, &first))
	r.Headers = map[string]string{"idempotency-KEY": r.Headers["Idempotency-Key"]}
	require.Equal(t, 200, w.call(t.Context(), r, &second))
	require.Equal(t, first, second)
	require.Len(t, w.all(), 1)
	require.Len(t, w.published, 2, "the checks are idempotent")
}

func TestARepeatedRequestAnswersTheOrderAsItIsNow(t *testing.T) {
	w := start(t)
	r := event(t, "post-order-key.json")
	var rec answeredOrder
	require.Equal(t, 200, w.call(t.Context(), r, &rec))
	table := &orders.Table{Client: w.db.Client, Name: "orders"}
	_, _, err := table.Reject(t.Context(), rec.OrderID, checker.Pending, "Unknown customer c1")
	require.NoError(t, err)
	require.Equal(t, 200, w.call(t.Context(), r, &rec))
	require.Equal(t, checker.Rejected, rec.Status)
	require.Len(t, w.published, 1, "a decided order is not checked again")
}

func TestAKeyIsForOneContent(t *testing.T) {
	w := start(t)
	r := event(t, "post-order-key.json")
	var rec answeredOrder
	require.Equal(t, 200, w.call(t.Context(), r, &rec))
	before := w.order(rec.OrderID)
	other := r
	other.Body = strings.Replace(r.Body, "10.5", "10.6", 1)
	require.Equal(t, fault{422, "an order with other content was accepted under this Idempotency-Key"}, w.fails(other))
	require.Equal(t, before, w.order(rec.OrderID))
	require.Len(t, w.published, 1)

	another := r
	another.Body = strings.Replace(r.Body, `"c1"`, `"c2"`, 1)
	require.Equal(t, 200, w.call(t.Context(), another, &rec), "two customers may have chosen one key")
	require.Len(t, w.all(), 2)
}

// A crash between storing and publishing, or a topic that is down.
func TestAnUnpublishedOrderIsPublishedIfTheClientRepeatsIt(t *testing.T) {
	w := start(t)
	w.fail = map[string]error{"": errors.New("down")}
	r := event(t, "post-order-key.json")
	require.Equal(t, fault{503, "the order was not accepted yet; please repeat the request with the same Idempotency-Key"}, w.fails(r))
	require.Equal(t, checker.Pending, w.all()["c1"].Status)
	require.Empty(t, w.published)

	w.fail = nil
	var rec answeredOrder
	require.Equal(t, 200, w.call(t.Context(), r, &rec))
	require.Len(t, w.published, 1)
	require.Len(t, w.all(), 1)
}

func TestOneRequestSentManyTimesAtOnceIsOneOrder(t *testing.T) {
	w := start(t)
	r := event(t, "post-order-key.json")
	var all sync.WaitGroup
	answers := make([]answeredOrder, 16)
	for i := range answers {
		all.Go(func() {
			answer, err := w.handle(t.Context(), r)
			assert.NoError(t, err)
			assert.Equal(t, 200, answer.StatusCode)
			assert.NoError(t, json.Unmarshal([]byte(answer.Body), &answers[i]))
		})
	}
	all.Wait()
	for _, a := range answers {
		require.Equal(t, answers[0], a)
	}
	require.Len(t, w.all(), 1)
}

func TestABatchIsRepeatedUnderItsKeyOrderByOrder(t *testing.T) {
	w := start(t)
	r := event(t, "post-orders.json")
	r.Headers["Idempotency-Key"] = "k"
	w.fail = map[string]error{"c2": errors.New("throttled")}
	var first, second batchAnswer
	require.Equal(t, 200, w.call(t.Context(), r, &first))
	require.Equal(t, []failed{{1, "c2", 503, "the order was not accepted yet; please repeat the request with the same Idempotency-Key"}}, first.Failed)
	require.Equal(t, checker.Pending, w.all()["c2"].Status)

	w.fail = nil
	require.Equal(t, 200, w.call(t.Context(), r, &second))
	require.Empty(t, second.Failed)
	require.Len(t, second.Orders, 3)
	require.Equal(t, first.Orders[0], second.Orders[0])
	require.Equal(t, first.Orders[1], second.Orders[2])
	require.Len(t, w.all(), 3)

	// One of the three is another order now; then all of them are.
	changed := r
	changed.Body = strings.Replace(r.Body, "99.99", "100", 1)
	var third batchAnswer
	require.Equal(t, 200, w.call(t.Context(), changed, &third))
	require.Len(t, third.Orders, 2)
	require.Equal(t, []failed{{2, "c3", 422, "an order with other content was accepted under this Idempotency-Key"}}, third.Failed)
	changed.Body = strings.ReplaceAll(r.Body, `"456"`, `"457"`)
	require.Equal(t, 422, w.fails(changed).Status)
}

func TestTheSameKeyOfAnotherCallerIsAnotherOrder(t *testing.T) {
	w := start(t)
	w.callers = caller.Check{ByToken: true}
	r := event(t, "post-order-key.json")
	other := r
	other.Body = strings.Replace(r.Body, "10.5", "10.6", 1)
	var own, again, staff, otherStaff answeredOrder
	require.Equal(t, 200, w.call(t.Context(), handlertest.By(r, "c1", false), &own))
	require.Equal(t, 200, w.call(t.Context(), handlertest.By(r, "c1", false), &again))
	require.Equal(t, own, again)

	// Staff places another order for c1 under the same key. It learns nothing of the first one.
	require.Equal(t, 200, w.call(t.Context(), handlertest.By(other, "", true), &staff))
	require.Equal(t, 200, w.call(t.Context(), handlertest.By(other, "c9", true), &otherStaff))
	require.NotEqual(t, own.OrderID, staff.OrderID)
	require.NotEqual(t, staff.OrderID, otherStaff.OrderID)
}
