package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

const id = "0195502a-2c40-7cc1-a5d5-0e8f1c7a9b01"

// start returns the function, and a table with the order of the recorded request.
func start(t *testing.T) (*handler, *dynamodbtest.DynamoDB, *orders.Table) {
	t.Helper()
	db := dynamodbtest.Start(t)
	table := db.Table(t, "orders", "orderId")
	// Only what the doc comment of main lists.
	role := db.Role(t, "get-order-status", fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	stored := &orders.Table{Client: db.Client, Name: table}
	o := checker.Order{OrderID: id, CustomerID: "c1", Items: []checker.Item{{ProductID: "456", Qty: 3}}, TotalAmount: 1}
	_, err := stored.Create(t.Context(), checker.NewRecord(o, time.Now()))
	require.NoError(t, err)
	return &handler{orders: &orders.Table{Client: role, Name: table}, answers: httpapi.Answers{Layout: httpapi.StatusDescription}}, db, stored
}

func request(t *testing.T) httpapi.Request {
	return handlertest.Event[httpapi.Request](t, "get-order-status.json")
}

func call(t *testing.T, h *handler, r httpapi.Request) (int, string) {
	t.Helper()
	answer, err := h.handle(t.Context(), r)
	return handlertest.Answer(t, answer, err)
}

func TestAnOrderIsAnsweredAsItIsNow(t *testing.T) {
	h, _, stored := start(t)
	status, body := call(t, h, request(t))
	require.Equal(t, 200, status)
	require.Equal(t, `{"status":"Pending","logs":[]}`, body)

	_, _, err := stored.Apply(t.Context(), checker.Finding{OrderID: id, Check: checker.Stock, Log: "Insufficient stock of 456: 3 wanted, 1 left"})
	require.NoError(t, err)
	status, body = call(t, h, request(t))
	require.Equal(t, 200, status)
	require.Equal(t, `{"status":"Rejected","logs":["Insufficient stock of 456: 3 wanted, 1 left"]}`, body)
}

func TestAMissingOrderIsNotFoundAsInTheContract(t *testing.T) {
	h, _, _ := start(t)
	r := request(t)
	r.PathParameters["orderId"] = "o1"
	status, body := call(t, h, r)
	require.Equal(t, 404, status)
	require.Equal(t, `{"code":404,"message":"Order not found"}`, body)
}

func TestAnIDThatNoOrderCanHaveIsRefused(t *testing.T) {
	h, _, _ := start(t)
	for _, bad := range []string{"", "a%2Fb", "..", "a b"} {
		status, body := call(t, h, httpapi.Request{PathParameters: map[string]string{"orderId": bad}})
		require.Equal(t, 400, status, bad)
		require.Contains(t, body, `{"status":400,"description":"path parameter orderId: must `)
	}
	status, _ := call(t, h, httpapi.Request{})
	require.Equal(t, 400, status)
}

func TestATableThatFailsIsNotAnAbsentOrder(t *testing.T) {
	h, db, _ := start(t)
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("AccessDenied on arn:table"))})
	status, body := call(t, h, request(t))
	require.Equal(t, 503, status)
	require.Equal(t, `{"status":503,"description":"the order could not be read; please try again"}`, body)
}

func TestAnOrderOfAnotherAccountIsAnsweredLikeOneThatDoesNotExist(t *testing.T) {
	h, _, _ := start(t)
	h.callers = caller.Check{ByToken: true}
	missing := request(t)
	missing.PathParameters["orderId"] = "o1"
	answer, err := h.handle(t.Context(), handlertest.By(missing, "c2", false))
	require.NoError(t, err)
	require.Equal(t, 404, answer.StatusCode)
	for _, account := range []string{"c2", "c", "c10"} {
		another, err := h.handle(t.Context(), handlertest.By(request(t), account, false))
		require.NoError(t, err)
		require.Equal(t, answer, another)
	}
	for name, c := range handlertest.Callers(request(t), "c1") {
		if status, _ := call(t, h, c.Request); c.Allowed {
			require.Equal(t, 200, status, name)
		}
	}
}

func TestWithoutAnAccountNoOrderIsLookedUp(t *testing.T) {
	h, db, _ := start(t)
	h.callers = caller.Check{ByToken: true}
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("was asked"))})
	for _, r := range []httpapi.Request{request(t), handlertest.By(request(t), "", false)} {
		status, body := call(t, h, r)
		require.Equal(t, 403, status)
		require.Equal(t, `{"status":403,"description":"not allowed for this account"}`, body)
	}
}
