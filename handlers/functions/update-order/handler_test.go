package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

// world is the function with a table of the orders o0 to o3, and a ship-order that keeps its inputs.
type world struct {
	*handler
	db     *dynamodbtest.DynamoDB
	stored *orders.Table
	queue  handlertest.Queue

	mu      sync.Mutex
	invoked []string
	fail    error
	failed  bool // ship-order answers with an error of its own
}

// start starts the function, and stores orders that need these checks besides account and stock.
func start(t *testing.T, own ...checker.Check) *world {
	t.Helper()
	db := dynamodbtest.Start(t)
	table := db.Table(t, "orders", "orderId")
	// Only what the doc comment of main lists.
	role := db.Role(t, "update-order", fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:UpdateItem","Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	w := &world{db: db, stored: &orders.Table{Client: db.Client, Name: table}}
	w.handler = &handler{queue: w.queue.Consumer(), orders: &orders.Table{Client: role, Name: table, Checks: own}, functions: w, shipFunction: "ship-order"}
	for i := range 4 {
		o := checker.Order{OrderID: fmt.Sprint("o", i), CustomerID: "c1", Items: []checker.Item{{ProductID: "456", Qty: 3}}, TotalAmount: 1}
		_, err := w.stored.Create(t.Context(), checker.NewRecord(o, time.Now(), own...))
		require.NoError(t, err)
	}
	return w
}

// Invoke invokes ship-order.
func (w *world) Invoke(_ context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return nil, w.fail
	}
	if in.InvocationType != types.InvocationTypeRequestResponse || aws.ToString(in.FunctionName) != "ship-order" {
		return nil, fmt.Errorf("unexpected Invoke %+v", in)
	}
	w.invoked = append(w.invoked, string(in.Payload))
	if w.failed {
		return &lambda.InvokeOutput{StatusCode: 200, FunctionError: aws.String("Unhandled"), Payload: []byte(`{"errorMessage":"the table is down"}`)}, nil
	}
	return &lambda.InvokeOutput{StatusCode: 200, Payload: []byte("null")}, nil
}

func (w *world) order(t *testing.T, id string) checker.Record {
	t.Helper()
	rec, err := w.stored.Get(t.Context(), id)
	require.NoError(t, err)
	return rec
}

func batch(t *testing.T) events.SQSEvent {
	return handlertest.Event[events.SQSEvent](t, "ten-two-bad.json")
}

func call(t *testing.T, w *world, b events.SQSEvent) []string {
	t.Helper()
	response, err := w.handle(t.Context(), b)
	return handlertest.Failed(t, response, err)
}

// only returns the messages of a batch at these indexes.
func only(b events.SQSEvent, places ...int) (some events.SQSEvent) {
	for _, i := range places {
		some.Records = append(some.Records, b.Records[i])
	}
	return some
}

const shipO0 = `{"orderId":"o0"}`

func TestOnlyMalformedFindingsAndThoseOfUnknownOrdersAreDeadLetters(t *testing.T) {
	w, b := start(t), batch(t)
	require.Empty(t, call(t, w, b))
	require.ElementsMatch(t, []string{b.Records[5].Body, b.Records[6].Body}, w.queue.DeadBodies())

	rec := w.order(t, "o0")
	require.Equal(t, checker.ReadyToShip, rec.Status)
	require.ElementsMatch(t, []string{"Sufficient account balance", "Sufficient stock"}, rec.Logs)
	rec = w.order(t, "o1")
	require.Equal(t, checker.Rejected, rec.Status)
	require.ElementsMatch(t, []string{"Sufficient account balance", "Insufficient stock of 456: 3 wanted, 1 left"}, rec.Logs)
	rec = w.order(t, "o2")
	require.Equal(t, checker.Pending, rec.Status)
	require.False(t, rec.AccountChecked)
	rec = w.order(t, "o3")
	require.Equal(t, checker.Rejected, rec.Status)
	require.Equal(t, []string{"Unknown customer c1"}, rec.Logs)

	require.NotEmpty(t, w.invoked)
	require.Equal(t, []string{shipO0}, slices.Compact(w.invoked), "only the order that is ready is shipped")
}

func TestABatchThatIsDeliveredAgainChangesNothing(t *testing.T) {
	w, b := start(t), batch(t)
	call(t, w, b)
	before := []checker.Record{w.order(t, "o0"), w.order(t, "o1"), w.order(t, "o2"), w.order(t, "o3")}
	slices.Reverse(b.Records)
	call(t, w, b)
	require.Equal(t, before, []checker.Record{w.order(t, "o0"), w.order(t, "o1"), w.order(t, "o2"), w.order(t, "o3")})
}

func TestTheFindingThatCompletesAnOrderHasItShippedOnce(t *testing.T) {
	w, b := start(t), batch(t)
	require.Empty(t, call(t, w, only(b, 0)))
	require.Empty(t, w.invoked)
	require.Empty(t, call(t, w, only(b, 1)))
	require.Equal(t, []string{shipO0}, w.invoked)
}

// The function may end between the update and the invocation, or the invocation may fail: the finding is delivered again.
func TestAFailedInvocationIsMadeWhenTheFindingIsDeliveredAgain(t *testing.T) {
	w, b := start(t), batch(t)
	w.fail = errors.New("TooManyRequestsException")
	require.Empty(t, call(t, w, only(b, 0)))
	require.Equal(t, []string{b.Records[1].MessageId}, call(t, w, only(b, 1)))
	require.Equal(t, checker.ReadyToShip, w.order(t, "o0").Status)

	w.fail = nil
	require.Empty(t, call(t, w, only(b, 1)))
	require.Equal(t, []string{shipO0}, w.invoked)
	require.Len(t, w.order(t, "o0").Logs, 2)
}

// The finding is in the queue for as long as the order cannot be shipped, and no longer.
func TestAnOrderThatCannotBeShippedIsShippedWhenTheFindingIsDeliveredAgain(t *testing.T) {
	w, b := start(t), batch(t)
	w.failed = true
	require.Empty(t, call(t, w, only(b, 0)))
	require.Equal(t, []string{b.Records[1].MessageId}, call(t, w, only(b, 1)))
	require.Empty(t, w.queue.Dead())
	w.failed = false
	require.Empty(t, call(t, w, only(b, 1)))
	require.Equal(t, []string{shipO0, shipO0}, w.invoked)
}

func TestAnOrderThatWasShippedIsNotShippedAgain(t *testing.T) {
	w, b := start(t), batch(t)
	call(t, w, only(b, 0, 1))
	_, _, err := w.stored.Reject(t.Context(), "o0", checker.ReadyToShip, "Unknown customer c1")
	require.NoError(t, err)
	w.invoked = nil
	require.Empty(t, call(t, w, only(b, 0, 1)))
	require.Empty(t, w.invoked)
}

func TestAMessageIsDeliveredAgainIfTheTableFails(t *testing.T) {
	w, b := start(t), batch(t)
	w.db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	require.Len(t, call(t, w, b), len(b.Records)-1)
	require.Len(t, w.queue.Dead(), 1, "the malformed finding")
	require.Empty(t, w.invoked)
}

func TestManyCopiesOfBothFindingsInManyBatchesAtOnce(t *testing.T) {
	for range 5 {
		w, b := start(t), batch(t)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				_, err := w.handle(context.Background(), only(b, 0, 1, 7, 9))
				assert.NoError(t, err)
			})
		}
		all.Wait()
		rec := w.order(t, "o0")
		require.Equal(t, checker.ReadyToShip, rec.Status)
		require.Len(t, rec.Logs, 2)
		require.NotEmpty(t, w.invoked)
	}
}
