// Package checkertest tests a check of the CheckerPipeline as its function makes it: against a real table, with the
// permissions that the function has.
package checkertest

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
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/check"
	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/local/dynamodb/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Check is a function that makes a check. All fields are required.
type Check struct {
	Function string // its name
	Check    checker.Check
	Kind     ledger.Kind
	Action   string // all that it may do with the table of balances
	Event    string // the file of a recorded batch, of ten orders
	// Judge gives the judge of a Checker that looks into the table.
	Judge func(*ledger.Ledger) check.Judge
}

// Batch reads the recorded batch.
func (c Check) Batch(t *testing.T) events.SQSEvent {
	t.Helper()
	return handlertest.Event[events.SQSEvent](t, c.Event)
}

// World is the function, its table, and what it found.
type World struct {
	*dynamodbtest.DynamoDB
	// Found has "passed: log" of each finding, by order.
	Found map[string][]string

	mu       sync.Mutex
	function *check.Checker
}

// Start gives the function a table with these balances, and a queue that keeps the findings.
func (c Check) Start(t *testing.T, balances map[string]string) *World {
	t.Helper()
	w := &World{DynamoDB: dynamodbtest.Start(t), Found: map[string][]string{}}
	table := w.Table(t, "balances", c.Kind.Key)
	admin := &ledger.Ledger{Client: w.Client, Table: table, Kind: c.Kind}
	for id, balance := range balances {
		a, err := money.Parse(balance)
		require.NoError(t, err)
		require.NoError(t, admin.Set(t.Context(), id, a, time.Now()))
	}
	role := w.Role(t, c.Function, fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"%s","Resource":"%s"}]}`, c.Action, dynamodbtest.ARN(table)))
	w.function = &check.Checker{
		Check: c.Check, Findings: w, QueueURL: "https://findings",
		Judge: c.Judge(&ledger.Ledger{Client: role, Table: table, Kind: c.Kind}),
	}
	return w
}

// SendMessage is the queue of findings.
func (w *World) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f, err := checker.ParseFinding([]byte(aws.ToString(in.MessageBody)))
	if err != nil {
		return nil, err
	}
	if f.Check != w.function.Check {
		return nil, fmt.Errorf("finding of the %s check", f.Check)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Found[f.OrderID] = append(w.Found[f.OrderID], fmt.Sprint(f.Passed, ": ", f.Log))
	return &sqs.SendMessageOutput{}, nil
}

// Call hands a batch to the function, and gives the ids of the messages that failed, sorted.
func (w *World) Call(t *testing.T, b events.SQSEvent) []string {
	t.Helper()
	response, err := w.function.Handle(t.Context(), b)
	failed := handlertest.Failed(t, response, err)
	slices.Sort(failed)
	return failed
}

// FailsWithItsTable tests that no order is judged, and each comes again, while the table fails.
func (c Check) FailsWithItsTable(t *testing.T) {
	w := c.Start(t, nil)
	w.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	require.Len(t, w.Call(t, c.Batch(t)), 10)
	require.Empty(t, w.Found)
}
