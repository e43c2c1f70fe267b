package orderapi_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/orderapi"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const good = `{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","city":"Lisbon",` +
	`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":"3.50","quantity":2}}}`

var now = time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)

// parse parses a request with this body.
func parse(t *testing.T, body string) (o coffee.Order, fault *httpapi.Error, logged string) {
	t.Helper()
	var log bytes.Buffer
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	o, fault = orderapi.ParseOrder(t.Context(), httpapi.Request{Body: body}, now)
	return o, fault, log.String()
}

func TestAnOrderHasTheClientsIDOrANewOne(t *testing.T) {
	for name, body := range map[string]string{"": good, "mine": strings.Replace(good, `"accountid"`, `"orderid":"mine","accountid"`, 1)} {
		o, fault, _ := parse(t, body)
		require.Nil(t, fault)
		answer := httpapi.Answers{}.JSON(202, orderapi.Accepted(t.Context(), o, "order kept"))
		require.Equal(t, `{"orderid":"`+o.OrderID+`","accountid":"a0","vendorid":"v0"}`, answer.Body)
		if name == "" {
			require.NoError(t, uuid.Validate(o.OrderID))
		} else {
			require.Equal(t, name, o.OrderID)
		}
	}
}

func TestABodyThatIsNotAnOrderIsRefused(t *testing.T) {
	for want, body := range map[string]string{
		"body: is empty":          "",
		"body: is not valid JSON": "order=1",
		"order: is missing":       "{}",
		"order.orderdate: must not be more than 5 minutes ahead of the clock, got 2026-03-01T08:35:01Z": strings.Replace(good, `30:00Z`, `35:01Z`, 1),
		"order.orderdate: must not be before 2000-01-01T00:00:00Z, got 1999-03-01T08:30:00Z":            strings.Replace(good, `2026-`, `1999-`, 1),
		"order.vendorid: must be 1": strings.Replace(good, `"v0"`, `"v/0"`, 1),
	} {
		_, fault, logged := parse(t, body)
		require.Equal(t, 400, fault.Status)
		require.Contains(t, fault.Message, want)
		require.Contains(t, logged, `level=INFO msg="order refused"`)
	}
	_, fault, _ := parse(t, good+strings.Repeat(" ", httpapi.MaxBody))
	require.Equal(t, 413, fault.Status)
	require.Contains(t, fault.Message, "more than the limit of 65536")
}

func TestIDsAreThereOnceAndValid(t *testing.T) {
	query := func(values ...string) httpapi.Request {
		r := httpapi.Request{QueryStringParameters: map[string]string{}, MultiValueQueryStringParameters: map[string][]string{"accountid": values}}
		for _, v := range values {
			r.QueryStringParameters["accountid"] = v
		}
		return r
	}
	for name, c := range map[string]struct {
		in                  httpapi.Request
		id, fault, optional string // optional: the fault if the parameter is optional
	}{
		"valid":   {in: query("a0"), id: "a0"},
		"missing": {in: query(), fault: "query parameter accountid: is missing"},
		"no maps": {fault: "query parameter accountid: is missing"},
		"empty":   {in: query(""), fault: "query parameter accountid: must be 1 to 128", optional: "query parameter accountid: must be 1 to 128"},
		"twice":   {in: query("a", "b"), fault: "query parameter accountid: is given 2 times", optional: "is given 2 times"},
		"slash":   {in: query("a/b"), fault: `got "a/b"`, optional: `got "a/b"`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range []struct {
				get   func(httpapi.Request, string) (string, *httpapi.Error)
				fault string
			}{{orderapi.ID, c.fault}, {orderapi.OptionalID, c.optional}} {
				id, fault := v.get(c.in, "accountid")
				if v.fault == "" {
					require.Nil(t, fault)
					require.Equal(t, c.id, id)
					continue
				}
				require.NotNil(t, fault)
				require.Equal(t, 400, fault.Status)
				require.Contains(t, fault.Message, v.fault)
			}
		})
	}
}
