// Package setbalancetest tests the functions that set balances against a table of the embedded cloud, with the permissions of the function.
package setbalancetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/setbalance"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/local/fault"
)

const table = "balances"

// API is a function that sets balances. All fields are required.
type API struct {
	Function string // its name
	Kind     balances.Kind
	Event    string // the file of a recorded request, which sets Balance
	ID       string // the id whose balance is set
	Balance  string
	Rule     string // what a balance must be
	Least    string // the least amount that can be added
}

// world is a function and its table.
type world struct {
	API
	*dynamodbtest.DynamoDB
	function *setbalance.Handler
}

func (a API) start(t *testing.T) *world {
	t.Helper()
	w := &world{API: a, DynamoDB: dynamodbtest.Start(t)}
	w.Table(t, table, a.Kind.Key)
	// Only the permissions that the doc comment of main lists.
	role := w.Role(t, a.Function, fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:UpdateItem","dynamodb:PutItem","dynamodb:GetItem"],"Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	now := func() time.Time { return time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC) }
	w.function = &setbalance.Handler{
		Balances: &balances.Table{Client: role, Name: table, Kind: a.Kind},
		Answers:  httpapi.Answers{Layout: httpapi.StatusDescription}, Now: now,
	}
	return w
}

// recorded returns the recorded request.
func (w *world) recorded(t *testing.T) httpapi.Request {
	t.Helper()
	return handlertest.Event[httpapi.Request](t, w.Event)
}

// with returns the recorded request with another balance.
func (w *world) with(t *testing.T, balance string) httpapi.Request {
	t.Helper()
	return httpapi.Request{Body: strings.Replace(w.recorded(t).Body, w.Balance, balance, 1)}
}

// retrying sets the retries of the SDK.
func (w *world) retrying() {
	options := w.function.Balances.Client.Options()
	options.Retryer, options.RetryMaxAttempts = nil, 3
	w.function.Balances.Client = dynamodb.New(options)
}

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }

func (w *world) call(t *testing.T, r httpapi.Request) (status int, body string) {
	t.Helper()
	answer, err := w.function.Handle(t.Context(), r)
	return handlertest.Answer(t, answer, err)
}

// left returns the balance in the table.
func (w *world) left(t *testing.T) string {
	t.Helper()
	return w.Get(t, table, w.Kind.Key, w.ID)["balance"].(*types.AttributeValueMemberN).Value
}

// StoresTheRecorded tests that the balance of the recorded request is stored and returned.
func (a API) StoresTheRecorded(t *testing.T) {
	w := a.start(t)
	status, body := w.call(t, w.recorded(t))
	require.Equal(t, 202, status)
	require.JSONEq(t, fmt.Sprintf(`{"code":202,"updatedPayload":{%q:%q,"balance":%s,"updateTime":"2026-03-01T08:30:00Z"}}`, a.Kind.Key, a.ID, a.Balance), body)
	require.Equal(t, a.Balance, w.left(t))
	lines := handlertest.Logged(t, func() { w.call(t, w.recorded(t)) })
	require.Equal(t, []map[string]any{{
		"level": "INFO", "msg": "balance set", a.Kind.Key: a.ID, "outcome": "set", "apiRequestId": w.recorded(t).RequestContext.RequestID,
	}}, lines)
}

// KeepsTheLast tests that each of these balances, as it is spelled in a request, replaces another one, and how it is
// stored and returned.
func (a API) KeepsTheLast(t *testing.T, balances map[string]string) {
	w := a.start(t)
	for in, want := range balances {
		status, body := w.call(t, w.with(t, "7"))
		require.Equal(t, 202, status, body)
		status, body = w.call(t, w.with(t, in))
		require.Equal(t, 202, status, body)
		require.Contains(t, body, `"balance":`+want+`,`)
		require.Equal(t, want, w.left(t))
	}
}

// Refuses tests that invalid requests are refused, each fault with its field, and that nothing is stored. invalid has JSON
// values that are not a balance, and how the answer repeats each.
func (a API) Refuses(t *testing.T, invalid map[string]string) {
	w := a.start(t)
	refusals := map[string]string{
		"":                                     "body: is empty",
		"balance=1":                            "body: is not valid JSON",
		"[]":                                   "body: must be an object, got an array",
		"{}":                                   "KEY: is missing; balance: is missing, and so is add",
		`{"KEY":"ID"}`:                         "balance: is missing, and so is add",
		`{"KEY":"ID","balance":1,"add":1}`:     "body: has both balance and add, one of them is allowed",
		`{"KEY":7,"balance":1}`:                "KEY: must be a string, got 7",
		`{"KEY":"a/b","balance":1}`:            "KEY: must be 1 to 128 of the characters",
		`{"KEY":"","balance":-1}`:              `KEY: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got ""; balance: must be`,
		`{"KEY":"ID","balance":1,"limit":5}`:   `body: has an unknown field "limit" (known: KEY, balance, add)`,
		`{"KEY":"ID","balance":1,"balance":2}`: "body: has the key balance twice",
	}
	ofAdd := "add: must be " + strings.Replace(a.Rule, "from 0", "from "+a.Least, 1) + ", got "
	for balance, got := range invalid {
		refusals[`{"KEY":"ID","balance":`+balance+`}`] = "balance: must be " + a.Rule + ", got " + got
		if !strings.HasPrefix(balance, "-") {
			refusals[`{"KEY":"ID","add":`+balance+`}`] = ofAdd + got
		}
	}
	refusals[`{"KEY":"ID","add":`+a.Least+`1}`] = ofAdd + a.Least + "1"
	named := strings.NewReplacer("KEY", a.Kind.Key, "ID", a.ID)
	for in, want := range refusals {
		status, body := w.call(t, httpapi.Request{Body: named.Replace(in)})
		require.Equal(t, 400, status, in)
		var f struct {
			Status      int
			Description string
		}
		require.NoError(t, json.Unmarshal([]byte(body), &f))
		require.Equal(t, 400, f.Status)
		require.Contains(t, f.Description, named.Replace(want), in)
	}
	status, _ := w.call(t, httpapi.Request{Body: strings.Repeat(" ", httpapi.MaxBody+1)})
	require.Equal(t, 413, status)
	require.Nil(t, w.Get(t, table, a.Kind.Key, a.ID))
}

// DoesNotAcceptWhatItCannotStore tests the answer if the table fails.
func (a API) DoesNotAcceptWhatItCannotStore(t *testing.T) {
	w := a.start(t)
	w.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("AccessDenied on arn:table"))})
	status, body := w.call(t, w.recorded(t))
	require.Equal(t, 503, status)
	require.Equal(t, `{"status":503,"description":"the balance was not updated; please try again"}`, body)
}
