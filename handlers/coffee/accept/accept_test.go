package accept_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/accept"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const good = `{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","city":"Lisbon",` +
	`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":"3.50","quantity":2}}}`

// post answers a request with this body. deliver may be nil where nothing must be delivered.
func post(t *testing.T, body string, deliver accept.Deliver) (status int, answer map[string]any, logged string) {
	t.Helper()
	var log bytes.Buffer
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	r := accept.Order(t.Context(), httpapi.Request{Body: body}, httpapi.Answers{AllowOrigin: "https://shop.example"}, "delivered", deliver)
	require.Equal(t, "https://shop.example", r.Headers["Access-Control-Allow-Origin"])
	require.NoError(t, json.Unmarshal([]byte(r.Body), &answer))
	return r.StatusCode, answer, log.String()
}

func TestDeliveredOrderIsAcceptedWithItsID(t *testing.T) {
	for name, body := range map[string]string{"": good, "mine": strings.Replace(good, `"accountid"`, `"orderid":"mine","accountid"`, 1)} {
		var got coffee.Order
		status, answer, logged := post(t, body, func(_ context.Context, o coffee.Order) ([]any, error) {
			got = o
			return []any{"place", "shelf"}, nil
		})
		require.Equal(t, 202, status)
		require.Equal(t, map[string]any{"orderid": got.OrderID, "accountid": "a0", "vendorid": "v0"}, answer)
		require.Contains(t, logged, `level=INFO msg="order delivered" orderid=`+got.OrderID+" place=shelf")
		if name == "" {
			require.NoError(t, uuid.Validate(got.OrderID))
		} else {
			require.Equal(t, name, got.OrderID)
		}
	}
}

func TestWhatIsNoOrderIsRefusedAndNotDelivered(t *testing.T) {
	for want, body := range map[string]string{
		"body: is empty":            "",
		"body: is not valid JSON":   "order=1",
		"order: is missing":         "{}",
		"order.vendorid: must be 1": strings.Replace(good, `"v0"`, `"v/0"`, 1),
	} {
		status, answer, logged := post(t, body, nil)
		require.Equal(t, 400, status)
		require.Contains(t, answer["message"], want)
		require.Contains(t, logged, `level=INFO msg="order refused"`)
	}
	status, answer, _ := post(t, good+strings.Repeat(" ", httpapi.MaxBody), nil)
	require.Equal(t, 413, status)
	require.Contains(t, answer["message"], "more than the limit of 65536")
}

func TestOrderThatCouldNotBeDeliveredIsNotAccepted(t *testing.T) {
	status, answer, logged := post(t, good, func(context.Context, coffee.Order) ([]any, error) {
		return nil, errors.New("AccessDenied: role r on arn:x")
	})
	require.Equal(t, 503, status)
	require.Equal(t, map[string]any{"message": "the order was not accepted; please try again"}, answer, "the cause is for the log only")
	require.Contains(t, logged, `level=ERROR msg="order not delivered" orderid=`)
	require.Contains(t, logged, "AccessDenied: role r on arn:x")
}
