package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/balanceapi"
	"github.com/order-patterns/order-patterns/handlers/httpapi"
	"github.com/order-patterns/order-patterns/local/dynamodb/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
)

func start(t *testing.T) (*balanceapi.Handler, *dynamodbtest.DynamoDB) {
	t.Helper()
	db := dynamodbtest.Start(t)
	table := db.Table(t, "stock", "productId")
	// Only what the doc comment of main says that it needs.
	role := db.Role(t, "update-stock", fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:UpdateItem","Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	now := func() time.Time { return time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC) }
	return newHandler(role, table, httpapi.Answers{}, now), db
}

func request(t *testing.T) (r httpapi.Request) {
	t.Helper()
	event, err := os.ReadFile("testdata/post-stock.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(event, &r))
	return r
}

// with is the recorded request with another balance.
func with(t *testing.T, balance string) httpapi.Request {
	return httpapi.Request{Body: strings.Replace(request(t).Body, "12", balance, 1)}
}

func call(t *testing.T, h *balanceapi.Handler, r httpapi.Request) (status int, body string) {
	t.Helper()
	answer, err := h.Handle(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "*", answer.Headers["Access-Control-Allow-Origin"])
	require.Equal(t, "application/json", answer.Headers["Content-Type"])
	return answer.StatusCode, answer.Body
}

func left(t *testing.T, db *dynamodbtest.DynamoDB) string {
	t.Helper()
	return db.Get(t, "stock", "productId", "456")["balance"].(*types.AttributeValueMemberN).Value
}

func TestABalanceIsStoredAndAnswered(t *testing.T) {
	h, db := start(t)
	status, body := call(t, h, request(t))
	require.Equal(t, 202, status)
	require.JSONEq(t, `{"code":202,"updatedPayload":{"productId":"456","balance":12,"updateTime":"2026-03-01T08:30:00Z"}}`, body)
	require.Equal(t, "12", left(t, db))
}

func TestTheLastBalanceCountsAndZeroIsOne(t *testing.T) {
	h, db := start(t)
	for in, want := range map[string]string{"0": "0", "0.0": "0", "12.0": "12", "1e2": "100", "1000000000": "1000000000"} {
		status, body := call(t, h, with(t, "7"))
		require.Equal(t, 202, status, body)
		status, body = call(t, h, with(t, in))
		require.Equal(t, 202, status, body)
		require.Contains(t, body, `"balance":`+want+`,`)
		require.Equal(t, want, left(t, db))
	}
}

func TestBadInputIsRefusedWithItsFieldAndNothingIsStored(t *testing.T) {
	h, db := start(t)
	for in, want := range map[string]string{
		"":                                "body: is empty",
		"balance=1":                       "body: is not valid JSON",
		"[]":                              "body: must be an object, got an array",
		"{}":                              "productId: is missing; balance: is missing",
		`{"productId":"456"}`:             "balance: is missing",
		`{"productId":7,"balance":1}`:     "productId: must be a string, got 7",
		`{"productId":"a/b","balance":1}`: "productId: must be 1 to 128 of the characters",
		`{"productId":"456","balance":1,"limit":5}`:   `body: has an unknown field "limit" (known: productId, balance)`,
		`{"productId":"456","balance":1,"balance":2}`: "body: has the key balance twice",
		`{"productId":"","balance":-1}`:               `productId: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got ""; balance: must be`,
		`{"productId":"456","balance":"12"}`:          `balance: must be an integer from 0 to 1000000000, got "12"`,
		`{"productId":"456","balance":"0"}`:           `balance: must be an integer from 0 to 1000000000, got "0"`,
		`{"productId":"456","balance":-1}`:            `balance: must be an integer from 0 to 1000000000, got -1`,
		`{"productId":"456","balance":0.5}`:           `balance: must be an integer from 0 to 1000000000, got 0.5`,
		`{"productId":"456","balance":1000000001}`:    `balance: must be an integer from 0 to 1000000000, got 1000000001`,
		`{"productId":"456","balance":1e400}`:         `balance: must be an integer from 0 to 1000000000, got 1e400`,
		`{"productId":"456","balance":null}`:          `balance: must be an integer from 0 to 1000000000, got null`,
		`{"productId":"456","balance":true}`:          `balance: must be an integer from 0 to 1000000000, got true`,
		`{"productId":"456","balance":{}}`:            `balance: must be an integer from 0 to 1000000000, got an object`,
		`{"productId":"456","balance":[1]}`:           `balance: must be an integer from 0 to 1000000000, got an array`,
	} {
		status, body := call(t, h, httpapi.Request{Body: in})
		require.Equal(t, 400, status, in)
		var f struct {
			Status      int
			Description string
		}
		require.NoError(t, json.Unmarshal([]byte(body), &f))
		require.Equal(t, 400, f.Status)
		require.Contains(t, f.Description, want, in)
	}
	status, _ := call(t, h, httpapi.Request{Body: strings.Repeat(" ", httpapi.MaxBody+1)})
	require.Equal(t, 413, status)
	require.Nil(t, db.Get(t, "stock", "productId", "456"))
}

func TestABalanceThatCouldNotBeStoredIsNotAccepted(t *testing.T) {
	h, db := start(t)
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("AccessDenied on arn:table"))})
	status, body := call(t, h, request(t))
	require.Equal(t, 503, status)
	require.Equal(t, `{"status":503,"description":"the balance was not updated; please try again"}`, body)
}
