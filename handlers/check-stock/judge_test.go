package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker"
	"github.com/order-patterns/order-patterns/handlers/checkout"
	"github.com/order-patterns/order-patterns/handlers/ledger"
	"github.com/order-patterns/order-patterns/handlers/money"
	"github.com/order-patterns/order-patterns/local/dynamodb/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
)

// queue keeps what is found, by order.
type queue struct {
	mu    sync.Mutex
	found map[string][]string
}

func (q *queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f, err := checkout.ParseFinding([]byte(aws.ToString(in.MessageBody)))
	if err != nil {
		return nil, err
	}
	if f.Check != checkout.Stock {
		return nil, errors.New("finding of another check")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.found == nil {
		q.found = map[string][]string{}
	}
	q.found[f.OrderID] = append(q.found[f.OrderID], fmt.Sprint(f.Passed, ": ", f.Log))
	return &sqs.SendMessageOutput{}, nil
}

// start gives the function, its table with these balances, and the queue of findings.
func start(t *testing.T, balances map[string]string) (*checker.Checker, *queue, *dynamodbtest.DynamoDB) {
	t.Helper()
	db := dynamodbtest.Start(t)
	table := db.Table(t, "stock", "productId")
	for id, balance := range balances {
		a, err := money.Parse(balance)
		require.NoError(t, err)
		admin := &ledger.Ledger{Client: db.Client, Table: table, Kind: ledger.Stock}
		require.NoError(t, admin.Set(t.Context(), id, a, time.Now()))
	}
	// Only what the doc comment of main says that it needs.
	role := db.Role(t, "check-stock", fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:BatchGetItem","Resource":"%s"}]}`, dynamodbtest.ARN(table)))
	q := &queue{}
	j := &judge{stock: &ledger.Ledger{Client: role, Table: table, Kind: ledger.Stock}}
	return &checker.Checker{Check: checkout.Stock, Findings: q, QueueURL: "https://findings", Judge: j.judge}, q, db
}

func batch(t *testing.T) (b events.SQSEvent) {
	t.Helper()
	event, err := os.ReadFile("testdata/ten-two-malformed.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(event, &b))
	return b
}

func call(t *testing.T, c *checker.Checker, b events.SQSEvent) (failed []string) {
	t.Helper()
	response, err := c.Handle(t.Context(), b)
	require.NoError(t, err)
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	return failed
}

func TestATableThatFailsIsAnOrderThatComesAgain(t *testing.T) {
	c, q, db := start(t, nil)
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	require.Len(t, call(t, c, batch(t)), 10)
	require.Empty(t, q.found)
}

func TestOfTenOrdersTheMalformedFailAlone(t *testing.T) {
	c, q, _ := start(t, map[string]string{"123": "5", "456": "1", "none": "0"})
	b := batch(t)
	require.Equal(t, []string{b.Records[5].MessageId, b.Records[8].MessageId}, call(t, c, b))
	require.Equal(t, map[string][]string{
		"o0": {"true: Sufficient stock", "true: Sufficient stock"},
		"o1": {"false: Insufficient stock of 456: 3 wanted, 1 left"},
		"o2": {"true: Sufficient stock"},
		"o3": {"false: Insufficient stock of 123: 6 wanted, 5 left"}, // the sum of two items
		"o4": {"false: Unknown product 999"},
		"o6": {"false: Unknown product 999; Insufficient stock of 456: 2 wanted, 1 left"},
		"o9": {"false: Insufficient stock of none: 1 wanted, 0 left"},
	}, q.found)
}
