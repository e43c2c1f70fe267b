package main

import (
	"context"
	"errors"
	"os"
	"reflect"
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
	item map[string]types.AttributeValue
	puts int
	fail error // before it writes
	lose error // after it wrote
}

func (t *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.puts++
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
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: func() time.Time { return time.Unix(0, 0) }}}
	out, err := lambda.NewHandler(h.handle).Invoke(context.Background(), input)
	if err != nil {
		return "", reflect.Indirect(reflect.ValueOf(err)).Type().Name(), err
	}
	return string(out), "", nil
}

func TestAnOrderIsTakenBackInWhicheverFormItComes(t *testing.T) {
	var items []map[string]types.AttributeValue
	for _, file := range []string{"order.json", "as-submitted.json"} {
		tab := &table{}
		for range 2 {
			out, _, err := call(tab, recorded(t, file))
			require.NoError(t, err)
			require.Equal(t, `{"takenback":true}`, out)
		}
		items = append(items, tab.item)
	}
	require.Equal(t, items[0], items[1])
	require.NotContains(t, items[0], "details")
}

func TestAnotherOrderThatHoldsTheKeyIsLeftAlone(t *testing.T) {
	out, _, err := call(&table{fail: &types.ConditionalCheckFailedException{}}, recorded(t, "order.json"))
	require.NoError(t, err)
	require.Equal(t, `{"takenback":false}`, out)
}

func TestWhatCannotBeTakenBackIsAnInvalidOrder(t *testing.T) {
	for what, input := range map[string][]byte{
		"a completion": recorded(t, "order-completed.json"), "nothing": []byte(`{}`), "an order without id": []byte(`{"order":{}}`), "a list": []byte(`[1]`),
	} {
		tab := &table{}
		_, errorType, err := call(tab, input)
		require.Equal(t, "InvalidOrder", errorType, "%s: %v", what, err)
		require.Zero(t, tab.puts, what)
	}
}

func TestErrorsHaveTheNamesThatTheStateMachineMatches(t *testing.T) {
	for want, cause := range map[string]error{
		"StoreUnavailable": &smithy.GenericAPIError{Code: "ProvisionedThroughputExceededException", Message: "slow down"},
		"StoreRefused":     &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no PutItem for you"},
	} {
		_, errorType, err := call(&table{fail: cause}, recorded(t, "order.json"))
		require.Equal(t, want, errorType)
		require.ErrorContains(t, err, "taking order 7e9b24b8-0b3c-4f63-9c6e-0d3b8f1d2a55 back from table orders: "+cause.Error())
	}
}

func TestAnAnswerThatWasLostIsUnavailableAndTheNextTryIsAsTheFirst(t *testing.T) {
	tab, want := &table{lose: errors.New("connection reset by peer")}, &table{}
	_, errorType, err := call(tab, recorded(t, "order.json"))
	require.Equal(t, "StoreUnavailable", errorType, err)
	tab.lose = nil
	out, _, err := call(tab, recorded(t, "order.json"))
	require.NoError(t, err)
	once, _, err := call(want, recorded(t, "order.json"))
	require.NoError(t, err)
	require.Equal(t, once, out)
	require.Equal(t, want.item, tab.item)
}
