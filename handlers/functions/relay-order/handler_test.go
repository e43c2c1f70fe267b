package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/kit/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

// world is the function with a table of orders and a topic.
type world struct {
	*handler
	db     *dynamodbtest.DynamoDB
	stored *orders.Table

	dead handlertest.Queue

	mu        sync.Mutex
	published []string         // ids
	fail      map[string]error // of Publish, by id
}

func start(t *testing.T) *world {
	t.Helper()
	db := dynamodbtest.Start(t)
	table := db.Table(t, "orders", "orderId")
	// Only what the doc comment of main lists.
	role := db.Role(t, "relay-order", fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	w := &world{db: db, stored: &orders.Table{Client: db.Client, Name: table}}
	w.handler = &handler{queue: w.dead.Consumer(), orders: &orders.Table{Client: role, Name: table}, topic: &topic.Topic{Client: w, ARN: "arn:topic"}}
	return w
}

// Publish publishes to the topic.
func (w *world) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	o, err := checker.Parse([]byte(aws.ToString(in.Message)))
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if aws.ToString(in.TopicArn) != "arn:topic" {
		return nil, errors.New("unknown topic")
	}
	if err := w.fail[o.OrderID]; err != nil {
		return nil, err
	}
	w.published = append(w.published, o.OrderID)
	return &sns.PublishOutput{}, nil
}

// order stores an order as capture-order does.
func (w *world) order(t *testing.T, id string) {
	t.Helper()
	o := checker.Order{OrderID: id, CustomerID: "c1", Items: []checker.Item{{ProductID: "456", Qty: 3}}, TotalAmount: 1}
	_, err := w.stored.Create(t.Context(), checker.NewRecord(o, time.Now()))
	require.NoError(t, err)
}

// found applies a finding to an order.
func (w *world) found(t *testing.T, id string, check checker.Check, passed bool) {
	t.Helper()
	_, applied, err := w.stored.Apply(t.Context(), checker.Finding{OrderID: id, Check: check, Passed: passed, Log: "found"})
	require.NoError(t, err)
	require.True(t, applied)
}

// call invokes the function with the recorded batch, and returns the ids of the failed messages. Its messages m1 and m2
// announce the orders o1 to o5, and o6.
func (w *world) call(t *testing.T) []string {
	t.Helper()
	response, err := w.handle(t.Context(), handlertest.Event[events.SQSEvent](t, "two.json"))
	return handlertest.Failed(t, response, err)
}

func TestAnOrderThatWasStoredAndNotPublishedIsPublished(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o3", "o6"} {
		w.order(t, id)
	}
	require.Empty(t, w.call(t), "orders that were announced and not stored are no failure")
	require.ElementsMatch(t, []string{"o1", "o3", "o6"}, w.published)
}

func TestAnOrderThatACheckHasFoundOrThatIsDecidedIsNotPublished(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o2", "o3", "o4", "o5", "o6"} {
		w.order(t, id)
	}
	w.found(t, "o1", checker.Account, true)
	w.found(t, "o2", checker.Stock, true)
	w.found(t, "o3", checker.Account, false)
	w.found(t, "o4", checker.Account, true)
	w.found(t, "o4", checker.Stock, true)
	_, rejected, err := w.stored.Reject(t.Context(), "o5", checker.Pending, "The order could not be passed on to the checks")
	require.NoError(t, err)
	require.True(t, rejected)
	require.Empty(t, w.call(t))
	require.Equal(t, []string{"o6"}, w.published)
}

func TestAMessageStaysUntilAllOfItsOrdersArePublished(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o2", "o6"} {
		w.order(t, id)
	}
	w.fail = map[string]error{"o2": errors.New("throttled")}
	require.Equal(t, []string{"m1"}, w.call(t))
	require.ElementsMatch(t, []string{"o1", "o6"}, w.published, "one order does not hold up another")

	// Published again, which changes nothing: the checks are idempotent.
	w.fail, w.published = nil, nil
	require.Empty(t, w.call(t))
	require.ElementsMatch(t, []string{"o1", "o2", "o6"}, w.published)
}

func TestAMessageStaysWhileTheTableFails(t *testing.T) {
	w := start(t)
	w.order(t, "o6")
	remove := w.db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	require.Equal(t, []string{"m1", "m2"}, w.call(t))
	remove()
	require.Empty(t, w.call(t))
	require.Equal(t, []string{"o6"}, w.published)
}

func TestAMalformedMessageIsADeadLetter(t *testing.T) {
	w := start(t)
	w.order(t, "o6")
	b := handlertest.Event[events.SQSEvent](t, "two.json")
	b.Records[0].Body = `{"orderIds":[]}`
	response, err := w.handle(t.Context(), b)
	require.Empty(t, handlertest.Failed(t, response, err))
	require.Equal(t, []string{`{"orderIds":[]}`}, w.dead.DeadBodies())
	require.Equal(t, []string{"o6"}, w.published)
}
