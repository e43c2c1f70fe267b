// Package checktest tests the functions of the checks against a table of the embedded cloud, with the permissions of the function.
package checktest

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

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/findings"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Handler handles a batch of orders.
type Handler = func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

// Check is a function that performs a check. All fields are required.
type Check struct {
	Function string // its name
	Kind     balances.Kind
	Action   string // the only action that it may perform on the table of balances
	Event    string // the file of a recorded batch of ten orders, two of them malformed
	New      func(*sqsbatch.Queue, *balances.Table, *findings.Queue) Handler
}

// Batch reads the recorded batch.
func (c Check) Batch(t *testing.T) events.SQSEvent {
	t.Helper()
	return handlertest.Event[events.SQSEvent](t, c.Event)
}

// World is a function, its table, and its findings.
type World struct {
	*dynamodbtest.DynamoDB
	Found map[string][]string // "passed: log" of each finding, by order
	Fail  error               // returned by the queue of findings
	Queue handlertest.Queue   // of the function

	mu     sync.Mutex
	check  checker.Check
	handle Handler
}

// Start starts the function with a table of these balances, and a queue that records the findings.
func (c Check) Start(t *testing.T, amounts map[string]string) *World {
	t.Helper()
	w := &World{DynamoDB: dynamodbtest.Start(t), Found: map[string][]string{}, check: c.Kind.Check}
	table := w.Table(t, "balances", c.Kind.Key)
	admin := &balances.Table{Client: w.Client, Name: table, Kind: c.Kind}
	for id, amount := range amounts {
		a, err := money.Parse(amount)
		require.NoError(t, err)
		require.NoError(t, admin.Set(t.Context(), id, a, time.Now()))
	}
	role := w.Role(t, c.Function, fmt.Sprintf(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"%s","Resource":"%s"}]}`, c.Action, dynamodbtest.ARN(table)))
	w.handle = c.New(w.Queue.Consumer(), &balances.Table{Client: role, Name: table, Kind: c.Kind}, &findings.Queue{Client: w, URL: "https://findings"})
	return w
}

// SendMessage records a finding, as the queue of findings.
func (w *World) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	f, err := checker.ParseFinding([]byte(aws.ToString(in.MessageBody)))
	if err != nil {
		return nil, err
	}
	if f.Check != w.check {
		return nil, fmt.Errorf("finding of the %s check", f.Check)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.Fail != nil {
		return nil, w.Fail
	}
	w.Found[f.OrderID] = append(w.Found[f.OrderID], fmt.Sprint(f.Passed, ": ", f.Log))
	return &sqs.SendMessageOutput{}, nil
}

// Call invokes the function with a batch, and returns the ids of the failed messages, sorted.
func (w *World) Call(t *testing.T, b events.SQSEvent) []string {
	t.Helper()
	response, err := w.handle(t.Context(), b)
	failed := handlertest.Failed(t, response, err)
	slices.Sort(failed)
	return failed
}

// FailsWithItsTable tests that every valid order fails, and no finding is sent, while the table fails.
func (c Check) FailsWithItsTable(t *testing.T) {
	w := c.Start(t, nil)
	w.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("down"))})
	require.Len(t, w.Call(t, c.Batch(t)), 8)
	require.Len(t, w.Queue.Dead(), 2)
	require.Empty(t, w.Found)
}

// FailsWithItsQueue tests that every valid order fails while the queue of findings fails.
func (c Check) FailsWithItsQueue(t *testing.T) {
	w := c.Start(t, nil)
	w.Fail = errors.New("down")
	require.Len(t, w.Call(t, c.Batch(t)), 8)
	require.Len(t, w.Queue.Dead(), 2)
	require.Empty(t, w.Found)
}

// IsTraced tests that each order has a span in its own trace, and log lines with its ids; dead letters too.
func (c Check) IsTraced(t *testing.T, daemon *tracetest.Daemon) {
	t.Setenv("PATTERN", "checker")
	w := c.Start(t, nil)
	b := c.Batch(t)
	traces := map[string]string{}
	for i, m := range b.Records {
		root := fmt.Sprintf("1-69a3f6b8-%024x", i)
		m.Attributes["AWSTraceHeader"] = "Root=" + root + ";Parent=00000000000000aa;Sampled=1"
		traces[m.MessageId] = root
	}
	lines := handlertest.Logged(t, func() { w.Call(t, b) })
	require.Len(t, lines, len(b.Records))
	dead := 0
	for _, line := range lines {
		require.Equal(t, traces[line["messageId"].(string)], line["traceId"])
		if line["level"] == "ERROR" {
			dead++
			require.Equal(t, map[string]any{"outcome": "rejected", "Rejected": 1.0, "Reason": "DeadLettered"}, handlertest.Fields(line, "outcome", "Rejected", "Reason"))
			continue
		}
		require.NotEmpty(t, line["orderId"])
		require.NotEmpty(t, line["customerId"])
		require.Equal(t, map[bool]string{true: "sufficient", false: "insufficient"}[line["passed"].(bool)], line["outcome"])
	}
	require.Equal(t, 2, dead)
	for _, s := range daemon.Next(t, len(b.Records)) {
		require.Equal(t, "00000000000000aa", s.ParentID)
		if s.Annotations["outcome"] == "rejected" {
			continue
		}
		require.NotEmpty(t, s.Annotations["orderId"])
		require.NotEmpty(t, s.Annotations["customerId"])
		require.Contains(t, []any{"sufficient", "insufficient"}, s.Annotations["outcome"])
	}
}

// TakesAnEmptyBatch tests that an empty batch gives no finding and no failure.
func (c Check) TakesAnEmptyBatch(t *testing.T) {
	w := c.Start(t, nil)
	require.Empty(t, w.Call(t, events.SQSEvent{}))
	require.Empty(t, w.Found)
}
