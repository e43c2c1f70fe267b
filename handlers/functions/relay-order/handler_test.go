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
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
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
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:UpdateItem"],"Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	w := &world{db: db, stored: &orders.Table{Client: db.Client, Name: table}}
	w.handler = &handler{queue: w.dead.Consumer(), orders: &orders.Table{Client: role, Name: table}, topic: &topic.Topic{Client: w, ARN: "arn:topic"}, now: time.Now}
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
	_, effect, err := w.stored.Apply(t.Context(), checker.Finding{OrderID: id, Check: check, Passed: passed, Log: "found"})
	require.NoError(t, err)
	require.NotEqual(t, orders.None, effect)
}

// call invokes the function with the recorded batch, and returns the ids of the messages that are to be delivered again. Its
// messages m1 and m2 announce the orders o1 to o5, and o6.
func (w *world) call(t *testing.T) []string {
	t.Helper()
	response, err := w.handle(t.Context(), handlertest.Event[events.SQSEvent](t, "two.json"))
	return handlertest.Failed(t, response, err)
}

// decide rejects orders.
func (w *world) decide(t *testing.T, ids ...string) {
	t.Helper()
	for _, id := range ids {
		_, rejected, err := w.stored.Reject(t.Context(), id, checker.Pending, "The order could not be passed on to the checks")
		require.NoError(t, err)
		require.True(t, rejected)
	}
}

func TestAnOrderThatWasStoredAndNotPublishedIsPublishedOnce(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o3", "o6"} {
		w.order(t, id)
	}
	for range 3 {
		require.Equal(t, []string{"m1", "m2"}, w.call(t), "both are delivered again while an order is Pending")
		require.ElementsMatch(t, []string{"o1", "o3", "o6"}, w.published)
	}
}

func TestAMessageIsDoneWhenAllOfItsOrdersAreDecided(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o3", "o6"} {
		w.order(t, id)
	}
	w.decide(t, "o1", "o6")
	require.Equal(t, []string{"m1"}, w.call(t))
	require.Equal(t, []string{"o3"}, w.published)
	w.found(t, "o3", checker.Account, true)
	w.found(t, "o3", checker.Stock, true)
	require.Empty(t, w.call(t), "Ready to ship is decided, and orders that were announced and not stored are no failure")
	require.Empty(t, w.dead.Dead())
}

func TestAnOrderThatACheckHasFoundIsWatchedAndNotPublished(t *testing.T) {
	w := start(t)
	w.order(t, "o1")
	w.order(t, "o6")
	w.found(t, "o1", checker.Account, true)
	w.found(t, "o6", checker.Stock, true)
	require.Equal(t, []string{"m1", "m2"}, w.call(t))
	require.Empty(t, w.published)
}

// An order that waited for a removed check only has no other finding to come.
func TestAnOrderThatWaitsForNoCheckAnyMoreIsPublishedAtOnce(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o6"} {
		o := checker.Order{OrderID: id, CustomerID: "c1", Items: []checker.Item{{ProductID: "456", Qty: 3}}, TotalAmount: 1}
		_, err := w.stored.Create(t.Context(), checker.NewRecord(o, time.Now(), "fraud"))
		require.NoError(t, err)
	}
	w.orders.Checks, w.stored.Checks = []checker.Check{"fraud"}, []checker.Check{"fraud"}
	w.found(t, "o1", checker.Account, true)
	w.found(t, "o1", checker.Stock, true)
	w.found(t, "o6", "fraud", true)
	require.Equal(t, []string{"m1", "m2"}, w.call(t))
	require.Empty(t, w.published, "both wait for a check")

	w.orders.Checks, w.stored.Checks = nil, nil
	for range 2 {
		require.Equal(t, []string{"m1", "m2"}, w.call(t))
		require.Equal(t, []string{"o1"}, w.published)
	}
	_, effect, err := w.stored.Apply(t.Context(), checker.Finding{OrderID: "o1", Check: checker.Stock, Passed: true, Log: "found"})
	require.NoError(t, err)
	require.Equal(t, orders.Decided, effect)
	require.Equal(t, []string{"m2"}, w.call(t))
}

func TestAnOrderThatStaysPendingIsPublishedAgainAfterALongTime(t *testing.T) {
	w := start(t)
	w.order(t, "o1") // published by the outbox now
	w.order(t, "o6")
	w.found(t, "o6", checker.Stock, true) // published by capture-order; its copy for the other check may be lost
	at := time.Now()
	for _, step := range []struct {
		after time.Duration
		want  []string
	}{
		{time.Second, []string{"o1"}},
		{3*time.Hour - time.Minute, nil},
		{3*time.Hour + time.Second, []string{"o1", "o6"}},
		{6 * time.Hour, nil},
		{6*time.Hour + 2*time.Second, []string{"o1", "o6"}},
	} {
		w.published = nil
		w.now = func() time.Time { return at.Add(step.after) }
		require.Equal(t, []string{"m1", "m2"}, w.call(t))
		require.ElementsMatch(t, step.want, w.published, "after %s", step.after)
	}
}

func TestAPublicationThatFailsIsTriedAtTheNextLook(t *testing.T) {
	w := start(t)
	for _, id := range []string{"o1", "o2", "o6"} {
		w.order(t, id)
	}
	w.fail = map[string]error{"o2": errors.New("throttled")}
	require.Equal(t, []string{"m1", "m2"}, w.call(t))
	require.ElementsMatch(t, []string{"o1", "o6"}, w.published, "one order does not hold up another")
	w.fail = nil
	w.call(t)
	require.ElementsMatch(t, []string{"o1", "o6", "o2"}, w.published)

	// If it cannot be noted, it is published again, which changes nothing: the checks are idempotent.
	w = start(t)
	w.order(t, "o6")
	remove := w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Do: dynamodbtest.Answer(errors.New("down"))})
	require.Equal(t, []string{"m2"}, w.call(t))
	remove()
	w.call(t)
	w.call(t)
	require.Equal(t, []string{"o6", "o6"}, w.published)
}

func TestAMessageStaysWhileTheTableFails(t *testing.T) {
	w := start(t)
	w.order(t, "o6")
	remove := w.db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	require.Equal(t, []string{"m1", "m2"}, w.call(t))
	remove()
	require.Equal(t, []string{"m2"}, w.call(t))
	require.Equal(t, []string{"o6"}, w.published)
}

func TestAMalformedMessageIsADeadLetter(t *testing.T) {
	w := start(t)
	w.order(t, "o6")
	b := handlertest.Event[events.SQSEvent](t, "two.json")
	b.Records[0].Body = `{"orderIds":[]}`
	response, err := w.handle(t.Context(), b)
	require.Equal(t, []string{"m2"}, handlertest.Failed(t, response, err))
	require.Equal(t, []string{`{"orderIds":[]}`}, w.dead.DeadBodies())
	require.Equal(t, []string{"o6"}, w.published)
}

// A Pending order is no error: relay-order has done its part. What failed is one.
func TestTheLineOfAPendingOrderHasItsAgeAndIsAWarningWhenItIsLate(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	for name, c := range map[string]struct {
		age     time.Duration
		fail    error
		level   string
		message string
		lines   int
	}{
		"at first":                  {40 * time.Second, nil, "INFO", "order published by the outbox", 1},
		"late":                      {15 * time.Minute, nil, "WARN", "order published by the outbox", 1},
		"if it cannot be published": {15 * time.Minute, errors.New("down"), "WARN", "order is Pending, and the outbox cannot publish it", 2},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.order(t, "o6")
			created, err := w.stored.Get(t.Context(), "o6")
			require.NoError(t, err)
			w.now = func() time.Time { return created.CreatedAt.Add(c.age) }
			w.fail = map[string]error{"o6": c.fail}
			b := handlertest.Event[events.SQSEvent](t, "two.json")
			lines := handlertest.Logged(t, func() { _, err = w.handle(t.Context(), events.SQSEvent{Records: b.Records[1:]}) })
			require.NoError(t, err)
			require.Len(t, lines, c.lines)
			require.NotNil(t, lines[0]["_aws"])
			require.Equal(t, []any{c.level, c.message, "m2", "o6", "c1", c.age.Seconds(), "checker"}, []any{
				lines[0]["level"], lines[0]["msg"], lines[0]["messageId"], lines[0]["orderId"], lines[0]["customerId"], lines[0]["SecondsPending"], lines[0]["Pattern"],
			})
			if c.fail != nil {
				require.Equal(t, []any{"ERROR", "o6", "publishing order o6: down"}, []any{lines[1]["level"], lines[1]["orderId"], lines[1]["error"]})
			}
		})
	}
}
