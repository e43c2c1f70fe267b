package main

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/store"
)

// table keeps the last item put, unless told to fail. Conditions are the store package's tests.
type table struct {
	item        map[string]types.AttributeValue
	puts        int
	fail        error // before it writes
	lose        error // after it wrote
	hadDeadline bool
}

func (t *table) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.puts++
	_, t.hadDeadline = ctx.Deadline()
	if t.fail != nil {
		return nil, t.fail
	}
	t.item = in.Item
	return &dynamodb.PutItemOutput{}, t.lose
}

func recorded(t *testing.T, file string) []byte {
	t.Helper()
	input, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	return input
}

// call runs the function as the Lambda runtime does. errorType is the name that Step Functions would see.
func call(tab *table, input []byte) (output, errorType string, err error) {
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}
	out, err := lambda.NewHandler(h.handle).Invoke(context.Background(), input)
	if err != nil {
		return "", reflect.Indirect(reflect.ValueOf(err)).Type().Name(), err
	}
	return string(out), "", nil
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
			tab := &table{}
			out, _, err := call(tab, recorded(t, file))
			require.NoError(t, err)
			require.Equal(t, `{"order":`+want+`,"stored":true}`, out)
			require.Contains(t, want, `"orderid":"`+tab.item["orderid"].(*types.AttributeValueMemberS).Value+`"`)

			again, _, err := call(tab, recorded(t, file))
			require.NoError(t, err)
			require.Equal(t, out, again, "the same answer again")
		})
	}
}

func TestASupersededOrderIsSuccess(t *testing.T) {
	out, _, err := call(&table{fail: &types.ConditionalCheckFailedException{}}, recorded(t, "new-order.json"))
	require.NoError(t, err)
	require.Contains(t, out, `"stored":false`)
}

func TestABadOrderIsAnInvalidOrderAndNothingIsWritten(t *testing.T) {
	good := string(recorded(t, "new-order.json"))
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
			tab := &table{}
			_, errorType, err := call(tab, []byte(input))
			require.Equal(t, "InvalidOrder", errorType, err)
			require.Zero(t, tab.puts)
		})
	}
}

func TestErrorsHaveTheNamesThatTheStateMachineMatches(t *testing.T) {
	for want, cause := range map[string]error{
		"StoreUnavailable": &smithy.GenericAPIError{Code: "ThrottlingException", Message: "slow down"},
		"StoreRefused":     &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no PutItem for you"},
	} {
		_, errorType, err := call(&table{fail: cause}, recorded(t, "new-order.json"))
		require.Equal(t, want, errorType)
		require.ErrorContains(t, err, "storing order 7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55 in table orders: "+cause.Error())
	}
}

func TestAnAnswerThatWasLostIsUnavailableAndTheNextTryIsAsTheFirst(t *testing.T) {
	tab, want := &table{lose: errors.New("connection reset by peer")}, &table{}
	_, errorType, err := call(tab, recorded(t, "new-order.json"))
	require.Equal(t, "StoreUnavailable", errorType, err)
	tab.lose = nil
	out, _, err := call(tab, recorded(t, "new-order.json"))
	require.NoError(t, err)
	once, _, err := call(want, recorded(t, "new-order.json"))
	require.NoError(t, err)
	require.Equal(t, once, out)
	require.Equal(t, want.item, tab.item)
}

func TestTheFunctionAnswersBeforeItsInvocationEnds(t *testing.T) {
	tab := &table{}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}
	_, err := h.handle(ctx, recorded(t, "new-order.json"))
	require.NoError(t, err)
	require.True(t, tab.hadDeadline)
}
