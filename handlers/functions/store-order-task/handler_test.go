package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/coffeetest"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const orderID = "7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55"

// clock is an hour and a half after the recorded orders were accepted.
func clock() time.Time { return time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC) }

// call invokes the function as the Lambda runtime does. errorType is the name that Step Functions matches.
func call(t *testing.T, tab *coffeetest.Table, input []byte) (output, errorType string, err error) {
	return handlertest.Invoke(t, (&handler{orders: &store.Writer{Client: tab, Table: "orders", Now: clock}}).handle, input)
}

func TestAnOrderIsStoredAndGivenOnInItsCanonicalForm(t *testing.T) {
	const order = `"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00.123456Z","city":"Zürich",` +
		`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":3.5,"quantity":2},"eventtype":["new_order"]}`
	for file, want := range map[string]string{
		"new-order.json":       `{"orderid":"7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55",` + order,
		"clients-orderid.json": `{"orderid":"morning-1",` + order,
		"order-completed.json": `{"orderid":"7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55","accountid":"a0","vendorid":"v0",` +
			`"orderdate":"2026-03-01T07:45:00Z","eventtype":["order_completed"]}`,
	} {
		t.Run(file, func(t *testing.T) {
			tab := &coffeetest.Table{}
			out, _, err := call(t, tab, handlertest.Recorded(t, file))
			require.NoError(t, err)
			require.Equal(t, `{"order":`+want+`,"stored":true}`, out)
			require.Contains(t, want, `"orderid":"`+tab.Orders()["a0/v0"]+`"`)

			again, _, err := call(t, tab, handlertest.Recorded(t, file))
			require.NoError(t, err)
			require.Equal(t, out, again, "the same answer again")
		})
	}
}

func TestTheBodyIsParsedAsTheClientWroteIt(t *testing.T) {
	tab := &coffeetest.Table{}
	out, _, err := call(t, tab, handlertest.Recorded(t, "body.json"))
	require.NoError(t, err)
	require.Contains(t, out, `"orderid":"7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55"`)
	require.Contains(t, out, `"city":"L'Aquila \"\\"`)
	_, errorType, err := call(t, tab, []byte(strings.Replace(string(handlertest.Recorded(t, "body.json")), `\"city\"`, `\"city\":\"Rome\",\"city\"`, 1)))
	require.Equal(t, "InvalidOrder", errorType, "a key that occurs twice")
	require.ErrorContains(t, err, "city twice")
}

func TestASupersededOrderIsSuccess(t *testing.T) {
	out, _, err := call(t, &coffeetest.Table{Fails: map[string]error{orderID: &types.ConditionalCheckFailedException{}}}, handlertest.Recorded(t, "new-order.json"))
	require.NoError(t, err)
	require.Contains(t, out, `"stored":false`)
}

func TestABadOrderIsAnInvalidOrderAndNothingIsWritten(t *testing.T) {
	good := string(handlertest.Recorded(t, "new-order.json"))
	for what, input := range map[string]string{
		"empty object":     `{}`,
		"array":            `[]`,
		"string":           `"order"`,
		"order is null":    `{"orderid":"o1","order":null}`,
		"mistyped orderid": strings.Replace(good, `"orderid"`, `"orderId"`, 1),
		"bad orderid":      strings.Replace(good, `"orderid": "7e9b`, `"orderid": "../7e9b`, 1),
		"bad field":        strings.Replace(good, `"quantity": 2.0`, `"quantity": 0`, 1),
		"key twice":        strings.Replace(good, `"city"`, `"city":"Bern","city"`, 1),
		"requestid":        strings.Replace(good, `"requestid": "7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55"`, `"requestid": 7`, 1),
	} {
		t.Run(what, func(t *testing.T) {
			require.NotEqual(t, good, input)
			tab := &coffeetest.Table{}
			_, errorType, err := call(t, tab, []byte(input))
			require.Equal(t, "InvalidOrder", errorType, err)
			require.Empty(t, tab.Puts)
		})
	}
}

func TestErrorsHaveTheNamesThatTheStateMachineMatches(t *testing.T) {
	for want, cause := range map[string]error{
		"StoreUnavailable": &smithy.GenericAPIError{Code: "ThrottlingException", Message: "slow down"},
		"StoreRefused":     &smithy.GenericAPIError{Code: "ValidationException", Message: "no PutItem for you"},
	} {
		_, errorType, err := call(t, &coffeetest.Table{Fails: map[string]error{orderID: cause}}, handlertest.Recorded(t, "new-order.json"))
		require.Equal(t, want, errorType)
		require.ErrorContains(t, err, "storing order "+orderID+" in table orders: "+cause.Error())
	}
}

func TestALostAnswerIsUnavailableAndARetryGivesTheSameResult(t *testing.T) {
	tab, want := &coffeetest.Table{Lose: errors.New("connection reset by peer")}, &coffeetest.Table{}
	_, errorType, err := call(t, tab, handlertest.Recorded(t, "new-order.json"))
	require.Equal(t, "StoreUnavailable", errorType, err)
	tab.Lose = nil
	out, _, err := call(t, tab, handlertest.Recorded(t, "new-order.json"))
	require.NoError(t, err)
	once, _, err := call(t, want, handlertest.Recorded(t, "new-order.json"))
	require.NoError(t, err)
	require.Equal(t, once, out)
	require.Equal(t, want.Items, tab.Items)
}

func TestTheTaskEndsBeforeItsInvocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	tab := &coffeetest.Table{}
	_, err := (&handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}).handle(ctx, handlertest.Recorded(t, "new-order.json"))
	require.NoError(t, err)
	require.NotZero(t, tab.Deadline)
	require.True(t, tab.Deadline.Before(end))
}

func TestAnOrderOfTheFutureOrTooOldIsRefusedByName(t *testing.T) {
	tab := &coffeetest.Table{}
	for accepted, want := range map[string]string{
		"1772353200123": "order.orderdate: must not be more than 5 minutes ahead of the clock",
		"1772353800123": "accepted: 2026-03-01T08:30:00.123Z is 60 days ago",
	} {
		h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: func() time.Time { return time.Date(2026, 4, 30, 9, 0, 0, 0, time.UTC) }}}
		input := strings.Replace(string(handlertest.Recorded(t, "new-order.json")), `"requestid"`, `"accepted": `+accepted+`, "requestid"`, 1)
		_, err := h.handle(t.Context(), json.RawMessage(input))
		require.ErrorContains(t, err, want)
		require.IsType(t, &coffee.InvalidOrder{}, err, "the name that the state machine matches")
	}
	require.Empty(t, tab.Puts)
}

// A template of API Gateway compares the two first; it reads JSON in a way of its own.
func TestAnotherAccountsOrderIsRefusedByNameAndNothingIsWritten(t *testing.T) {
	body := string(handlertest.Recorded(t, "body.json"))
	input := func(caller string) []byte {
		return []byte(strings.Replace(body, `"requestid"`, caller+`"requestid"`, 1))
	}
	for name, c := range map[string]struct {
		auth   bool
		caller string
		fails  string
	}{
		"own":             {true, `"caller":"a0",`, ""},
		"staff":           {true, ``, ""},
		"staff, no name":  {true, `"caller":"",`, ""},
		"another's":       {true, `"caller":"a1",`, "NotAllowed"},
		"a longer name":   {true, `"caller":"a00",`, "NotAllowed"},
		"no id":           {true, `"caller":"a/0",`, "InvalidOrder"},
		"null":            {true, `"caller":null,`, "InvalidOrder"},
		"without a token": {false, `"caller":"a1",`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			tab := &coffeetest.Table{}
			h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: clock}, callers: caller.Check{ByToken: c.auth}}
			_, errorType, err := handlertest.Invoke(t, h.handle, input(c.caller))
			require.Equal(t, c.fails, errorType)
			require.Equal(t, c.fails == "", len(tab.Puts) == 1)
			if c.fails == "NotAllowed" {
				require.EqualError(t, err, "order.accountid: is not the account of the caller")
			}
		})
	}
}
