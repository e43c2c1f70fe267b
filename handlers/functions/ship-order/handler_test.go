package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

func TestShippingIsIdempotent(t *testing.T) {
	w := start(t)
	w.account(t, "c1", "20")
	w.pieces(t, "123", 9)
	w.pieces(t, "456", 1)
	w.ready(t, "o1 c1 10.5 123*2 456*1 123*3")
	for range 3 {
		require.NoError(t, w.ship(t.Context(), "o1"))
		require.Equal(t, "9.5", w.leftOf(t, "c1"))
		require.Equal(t, "4", w.piecesOf(t, "123"), "the same product twice is one debit of the sum")
		require.Equal(t, "0", w.piecesOf(t, "456"))
		status, last, lines := w.order(t, "o1")
		require.Equal(t, checker.Shipped, status)
		require.Equal(t, "Shipped", last)
		require.Equal(t, 3, lines)
	}
}

func TestAnInsufficientBalanceRejectsTheOrderAndDebitsNothing(t *testing.T) {
	for name, c := range map[string]struct{ order, log string }{
		"the account":              {"o1 c1 20.0001 123*1", "Insufficient account balance: 20.0001 wanted, 20 left"},
		"the stock":                {"o1 c1 20 456*3", "Insufficient stock of 456: 3 wanted, 1 left"},
		"the sum of two":           {"o1 c1 20 456*1 123*1 456*1", "Insufficient stock of 456: 2 wanted, 1 left"},
		"both, and two products":   {"o1 c1 30 456*3 0*1 123*1", "Insufficient account balance: 30 wanted, 20 left; Insufficient stock of 456: 3 wanted, 1 left; Insufficient stock of 0: 1 wanted, 0 left"},
		"an unknown customer":      {"o1 c2 0 123*1", "Unknown customer c2"},
		"an unknown product":       {"o1 c1 1 999*1 456*2", "Unknown product 999; Insufficient stock of 456: 2 wanted, 1 left"},
		"a customer and a product": {"o1 c2 1 999*1", "Unknown customer c2; Unknown product 999"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.account(t, "c1", "20")
			w.pieces(t, "123", 9)
			w.pieces(t, "456", 1)
			w.pieces(t, "0", 0)
			w.ready(t, c.order)
			for range 2 {
				require.NoError(t, w.ship(t.Context(), "o1"))
				status, last, lines := w.order(t, "o1")
				require.Equal(t, checker.Rejected, status)
				require.Equal(t, c.log, last)
				require.Equal(t, 3, lines)
			}
			require.Equal(t, "20", w.leftOf(t, "c1"))
			require.Equal(t, "9", w.piecesOf(t, "123"))
			require.Equal(t, "1", w.piecesOf(t, "456"))
			require.Nil(t, w.db.Get(t, "accounts", "customerId", "c2"))
			require.Nil(t, w.db.Get(t, "stock", "productId", "999"))
		})
	}
}

func TestOnlyAnOrderThatIsReadyIsChanged(t *testing.T) {
	w := start(t)
	w.account(t, "c1", "20")
	w.pieces(t, "123", 9)
	stored := &orders.Table{Client: w.db.Client, Name: "orders"}
	_, err := stored.Create(t.Context(), checker.NewRecord(parse(t, "o1 c1 1 123*1"), time.Time{}))
	require.NoError(t, err)
	require.NoError(t, w.ship(t.Context(), "o1"))
	rec, err := stored.Get(t.Context(), "o1")
	require.NoError(t, err)
	require.Equal(t, checker.Pending, rec.Status)
	require.Equal(t, "20", w.leftOf(t, "c1"))
}

func TestInputThatNamesNoOrderIsAnError(t *testing.T) {
	w := start(t)
	for in, want := range map[string]string{
		`{}`: "orderId: is missing", `"o1"`: "body: must be an object", `{"orderId":1}`: "orderId: must be a string, got 1", ``: "body: is empty",
		`{"orderId":"o1"}`: "shipping order o1: there is no such order",
	} {
		require.ErrorContains(t, w.handle(t.Context(), json.RawMessage(in)), want, in)
	}
}

func TestManyOrdersRaceForTheLastPieces(t *testing.T) {
	for _, c := range []struct {
		name, balance string
		pieces        int64
		shipped       int
		log           string
	}{
		{"the last three pieces", "1000", 3, 3, "Insufficient stock of 123: 1 wanted, 0 left"},
		{"money for four", "44", 100, 4, "Insufficient account balance: 10.5 wanted, 2 left"},
	} {
		t.Run(c.name, func(t *testing.T) {
			const orders = 12
			w := start(t)
			w.account(t, "c1", c.balance)
			w.pieces(t, "123", c.pieces)
			for i := range orders {
				w.ready(t, fmt.Sprintf("o%d c1 10.5 123*1", i))
			}
			// Some transactions and updates conflict with others, as on AWS.
			w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Skip: 10, Times: 20, Do: conflict})
			together(3*orders, func(i int) { assert.NoError(t, w.ship(context.Background(), "o"+strconv.Itoa(i%orders))) })
			shipped := 0
			for i := range orders {
				status, last, lines := w.order(t, "o"+strconv.Itoa(i))
				require.Equal(t, 3, lines)
				if status == checker.Shipped {
					shipped++
					continue
				}
				require.Equal(t, checker.Rejected, status)
				require.Equal(t, c.log, last)
			}
			require.Equal(t, c.shipped, shipped)
			balance, err := money.Parse(c.balance)
			require.NoError(t, err)
			require.Equal(t, (balance - 105_000*money.Amount(shipped)).String(), w.leftOf(t, "c1"))
			require.Equal(t, strconv.FormatInt(c.pieces-int64(shipped), 10), w.piecesOf(t, "123"))
		})
	}
}

var conflict = dynamodbtest.Answer(wire.Errorf(http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item"))

func TestATransactionThatConflictsWithAnotherIsRetried(t *testing.T) {
	for _, table := range []string{"orders", "accounts", "stock"} {
		t.Run(table, func(t *testing.T) {
			w := start(t)
			w.account(t, "c1", "20")
			w.pieces(t, "123", 1)
			w.ready(t, "o1 c1 10.5 123*1")
			w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Resource: dynamodbtest.ARN(table), Times: 4, Do: conflict})
			require.NoError(t, w.ship(t.Context(), "o1"))
			status, _, lines := w.order(t, "o1")
			require.Equal(t, checker.Shipped, status)
			require.Equal(t, 3, lines)
			require.Equal(t, "9.5", w.leftOf(t, "c1"))
		})
	}
}

// In a transaction that conflicts with another one, a condition may have seen a part of the other.
func TestAConflictIsNeverTakenForAShortage(t *testing.T) {
	w := start(t)
	w.account(t, "c1", "10.5")
	w.pieces(t, "123", 1)
	w.ready(t, "o1 c1 10.5 123*1")
	w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Resource: dynamodbtest.ARN("orders"), Times: 1, Do: conflict})
	w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Resource: dynamodbtest.ARN("accounts"), Times: 1, Do: dynamodbtest.Answer(
		wire.Errorf(http.StatusBadRequest, "ConditionalCheckFailedException", "The conditional request failed"))})
	require.NoError(t, w.ship(t.Context(), "o1"))
	status, _, _ := w.order(t, "o1")
	require.Equal(t, checker.Shipped, status)
	require.Equal(t, "0", w.leftOf(t, "c1"))
}

// Another invocation ships the order between the transaction and the rejection, or before both.
func TestAnOrderThatIsShippedOrRejectedInTheMeantimeIsNotChanged(t *testing.T) {
	for name, skip := range map[string]int{"before the transaction": 0, "before the rejection": 1} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.account(t, "c1", "20")
			w.pieces(t, "123", 0)
			w.ready(t, "o1 c1 10.5 123*1")
			w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Resource: dynamodbtest.ARN("orders"), Skip: skip, Times: 1, Do: func(context.Context, fault.Event) error {
				w.pieces(t, "123", 1)
				return w.ship(context.Background(), "o1")
			}})
			require.NoError(t, w.ship(t.Context(), "o1"))
			status, last, lines := w.order(t, "o1")
			require.Equal(t, checker.Shipped, status)
			require.Equal(t, "Shipped", last)
			require.Equal(t, 3, lines)
			require.Equal(t, "9.5", w.leftOf(t, "c1"))
			require.Equal(t, "0", w.piecesOf(t, "123"))
		})
	}
}

func TestConflictsWithoutEndAreAnErrorBeforeTheInvocationEnds(t *testing.T) {
	w := start(t)
	w.account(t, "c1", "20")
	w.pieces(t, "123", 1)
	w.ready(t, "o1 c1 10.5 123*1")
	w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Do: conflict})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := w.ship(ctx, "o1")
	require.ErrorContains(t, err, "shipping order o1: ")
	require.NoError(t, ctx.Err(), "there is time to say so")
	status, _, _ := w.order(t, "o1")
	require.Equal(t, checker.ReadyToShip, status)
	require.Equal(t, "20", w.leftOf(t, "c1"))
}

func TestAnAnswerThatWasLostShipsOnce(t *testing.T) {
	lose := func(w *world) {
		w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", When: fault.After, Times: 1, Do: dynamodbtest.Answer(errors.New("connection reset by peer"))})
	}
	prepare := func(t *testing.T) *world {
		w := start(t)
		w.account(t, "c1", "20")
		w.pieces(t, "123", 5)
		w.ready(t, "o1 c1 10.5 123*1")
		lose(w)
		return w
	}
	shippedOnce := func(t *testing.T, w *world) {
		status, _, lines := w.order(t, "o1")
		require.Equal(t, checker.Shipped, status)
		require.Equal(t, 3, lines)
		require.Equal(t, "9.5", w.leftOf(t, "c1"))
		require.Equal(t, "4", w.piecesOf(t, "123"))
	}
	t.Run("and the SDK asks again", func(t *testing.T) {
		w := prepare(t)
		w.retrying()
		require.NoError(t, w.ship(t.Context(), "o1"))
		shippedOnce(t, w)
	})
	t.Run("and Lambda asks again", func(t *testing.T) {
		w := prepare(t)
		require.Error(t, w.ship(t.Context(), "o1"))
		require.NoError(t, w.ship(t.Context(), "o1"))
		shippedOnce(t, w)
	})
}

func TestOtherErrorsDoNotRejectTheOrder(t *testing.T) {
	w := start(t)
	w.account(t, "c1", "20")
	w.pieces(t, "123", 5)
	w.ready(t, "o1 c1 10.5 123*1")
	for _, code := range []string{"ValidationException", "InternalServerError"} {
		remove := w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Resource: dynamodbtest.ARN("stock"), Do: dynamodbtest.Answer(wire.Errorf(http.StatusBadRequest, code, "x"))})
		require.Error(t, w.ship(t.Context(), "o1"))
		remove()
		status, _, _ := w.order(t, "o1")
		require.Equal(t, checker.ReadyToShip, status)
	}
	require.NoError(t, w.ship(t.Context(), "o1"))
}

// In any order of calls, with repetitions, the shipped orders add up to what is missing from the balances.
func TestTheTotalsAgree(t *testing.T) {
	w := start(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		customer, product := fmt.Sprint("c", run), fmt.Sprint("p", run)
		balance, pieces := rapid.Int64Range(0, 40).Draw(rt, "balance"), rapid.Int64Range(0, 12).Draw(rt, "pieces")
		w.account(rt, customer, strconv.FormatInt(balance, 10))
		w.pieces(rt, product, pieces)
		n := rapid.IntRange(1, 4).Draw(rt, "orders")
		var ids []string
		totals, wants := map[string]int64{}, map[string]int64{}
		for i := range n {
			id := fmt.Sprintf("o%d-%d", run, i)
			total, qty := rapid.Int64Range(0, 20).Draw(rt, "total"), rapid.Int64Range(1, 6).Draw(rt, "qty")
			w.ready(rt, fmt.Sprintf("%s %s %d %s*%d", id, customer, total, product, qty))
			ids, totals[id], wants[id] = append(ids, id), total, qty
		}
		asks := append(rapid.SliceOfN(rapid.SampledFrom(ids), 0, 4).Draw(rt, "more"), ids...)
		together(len(asks), func(i int) { assert.NoError(rt, w.ship(context.Background(), asks[i])) })
		for _, id := range ids {
			if status, _, _ := w.order(rt, id); status == checker.Shipped {
				balance -= totals[id]
				pieces -= wants[id]
			}
		}
		require.GreaterOrEqual(rt, balance, int64(0))
		require.GreaterOrEqual(rt, pieces, int64(0))
		require.Equal(rt, strconv.FormatInt(balance, 10), w.leftOf(t, customer))
		require.Equal(rt, strconv.FormatInt(pieces, 10), w.piecesOf(t, product))
	})
}
