package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/store"
)

// table holds the order ids that were put, and fails or refuses as told. Conditions are the store package's tests.
type table struct {
	mu    sync.Mutex
	put   []string
	fails map[string]error // by order id
}

func (t *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	id := in.Item["orderid"].(*types.AttributeValueMemberS).Value
	if err := t.fails[id]; err != nil {
		return nil, err
	}
	t.put = append(t.put, id)
	return &dynamodb.PutItemOutput{}, nil
}

func batch(t *testing.T, file string) (b events.SQSEvent) {
	t.Helper()
	event, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(event, &b))
	return b
}

func call(t *testing.T, tab *table, b events.SQSEvent) (failed []string) {
	t.Helper()
	h := &handler{orders: &store.Writer{Client: tab, Table: "orders", Now: time.Now}}
	response, err := h.handle(context.Background(), b)
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(tab.put)
	return failed
}

func TestOfTenMessagesTheMalformedOneFailsAlone(t *testing.T) {
	tab, b := &table{}, batch(t, "ten-one-malformed.json")
	require.Equal(t, []string{b.Records[4].MessageId}, call(t, tab, b))
	require.Equal(t, []string{"o0", "o1", "o2", "o3", "o5", "o6", "o7", "o8", "o9"}, tab.put)
}

func TestWriteThatFailsIsReportedAndTouchesNoOther(t *testing.T) {
	b := batch(t, "ten-one-malformed.json")
	tab := &table{fails: map[string]error{"o7": errors.New("throttled")}}
	require.Equal(t, []string{b.Records[4].MessageId, b.Records[7].MessageId}, call(t, tab, b))
	require.Len(t, tab.put, 8)
}

func TestSupersededOrderIsSuccess(t *testing.T) {
	tab := &table{fails: map[string]error{"o1": &types.ConditionalCheckFailedException{}}}
	require.Empty(t, call(t, tab, batch(t, "placed-completed-duplicate.json")))
	require.Equal(t, []string{"o2", "o3", "o3", "o4"}, tab.put)
}

func TestBodyThatIsNoOrderAtAllFailsAlone(t *testing.T) {
	b := batch(t, "placed-completed-duplicate.json")
	b.Records[0].Body = ""
	b.Records[2].Body = `{"Type":"Notification","Message":"{}"}`
	require.Equal(t, []string{b.Records[0].MessageId, b.Records[2].MessageId}, call(t, &table{}, b))
}
