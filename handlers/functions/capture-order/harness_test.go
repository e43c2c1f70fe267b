package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/checker/outbox"
	"github.com/order-patterns/order-patterns/handlers/checker/topic"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
)

// world is the function with an outbox, a table of orders and a topic.
type world struct {
	*handler
	db *dynamodbtest.DynamoDB
	t  *testing.T

	mu        sync.Mutex
	announced []string // ids
	delays    []int32  // seconds, of each announcement
	published []checker.Order
	// refuse is the error of an announcement.
	refuse error
	// fail has the errors of Publish by customer; "" stands for all customers.
	fail map[string]error
	hang bool // a publication is answered when its context ends
}

func start(t *testing.T) *world {
	t.Helper()
	db := dynamodbtest.Start(t)
	table := db.Table(t, "orders", "orderId")
	// Only what the doc comment of main lists.
	role := db.Role(t, "capture-order", fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["dynamodb:PutItem","dynamodb:UpdateItem"],"Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	w := &world{db: db, t: t}
	w.handler = &handler{
		outbox: &outbox.Queue{Client: w, URL: "https://outbox"},
		orders: &orders.Table{Client: role, Name: table}, topic: &topic.Topic{Client: w, ARN: "arn:topic"},
		answers: httpapi.Answers{Layout: httpapi.StatusDescription}, now: time.Now,
	}
	return w
}

// SendMessage announces orders to the outbox.
func (w *world) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids, err := checker.ParseReferences([]byte(aws.ToString(in.MessageBody)))
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.QueueUrl) != "https://outbox" {
		return nil, errors.New("unknown queue")
	}
	w.announced, w.delays = append(w.announced, ids...), append(w.delays, in.DelaySeconds)
	// Also if the answer is an error: it may be the answer that was lost.
	return &sqs.SendMessageOutput{}, w.refuse
}

// Publish publishes to the topic. It asserts that the order was announced and is in the table before.
func (w *world) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, err := checker.Parse([]byte(aws.ToString(in.Message)))
	if err != nil {
		return nil, err
	}
	// Asserted rather than required: this runs in goroutines of the function.
	stored, err := (&orders.Table{Client: w.db.Client, Name: "orders"}).Get(context.Background(), o.OrderID)
	assert.NoError(w.t, err)
	assert.True(w.t, stored.Same(o), "stored before published")
	assert.Contains(w.t, w.announced, o.OrderID, "announced before published")
	if aws.ToString(in.TopicArn) != "arn:topic" {
		return nil, errors.New("unknown topic")
	}
	if w.hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for _, who := range []string{o.CustomerID, ""} {
		if err := w.fail[who]; err != nil {
			return nil, err
		}
	}
	w.published = append(w.published, o)
	return &sns.PublishOutput{MessageId: aws.String("m1")}, nil
}

// order reads an order from the table.
func (w *world) order(id string) checker.Record {
	w.t.Helper()
	rec, err := (&orders.Table{Client: w.db.Client, Name: "orders"}).Get(context.Background(), id)
	require.NoError(w.t, err)
	return rec
}

// all reads all orders from the table, by customer; each customer has one.
func (w *world) all() map[string]checker.Record {
	w.t.Helper()
	out, err := w.db.Client.Scan(context.Background(), &dynamodb.ScanInput{TableName: aws.String("orders")})
	require.NoError(w.t, err)
	found := map[string]checker.Record{}
	for _, it := range out.Items {
		rec := w.order(it["orderId"].(*types.AttributeValueMemberS).Value)
		found[rec.CustomerID] = rec
	}
	require.Len(w.t, found, len(out.Items))
	return found
}

// event reads a recorded event.
var event = handlertest.Event[httpapi.Request]

// call runs the function, and decodes its answer into what.
func (w *world) call(ctx context.Context, r httpapi.Request, what any) (status int) {
	w.t.Helper()
	answer, err := w.handle(ctx, r)
	status, body := handlertest.Answer(w.t, answer, err)
	require.NoError(w.t, json.Unmarshal([]byte(body), what), body)
	return status
}

type fault struct {
	Status      int
	Description string
}

func (w *world) fails(r httpapi.Request) fault {
	w.t.Helper()
	var f fault
	require.Equal(w.t, w.call(context.Background(), r, &f), f.Status)
	return f
}
