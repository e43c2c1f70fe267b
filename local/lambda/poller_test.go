package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// poll is when a receive began and ended; it has no end while it is under way.
type poll struct{ begun, ended time.Time }

// fakeQueues is a queue whose answers a test controls.
type fakeQueues struct {
	mu       sync.Mutex
	messages []sqs.Received
	deleted  []string
	receives int
	denied   string // action
	visible  time.Duration
	wake     chan struct{}
	polls    []poll
}

func newFakeQueues(bodies ...string) *fakeQueues {
	q := &fakeQueues{visible: 30 * time.Second, wake: make(chan struct{}, 1)}
	q.add(bodies...)
	return q
}

func (q *fakeQueues) add(bodies ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, b := range bodies {
		id := fmt.Sprintf("id-%d", len(q.messages)+q.receives*100)
		q.messages = append(q.messages, sqs.Received{MessageID: id, ReceiptHandle: "h-" + id, Body: b, MD5OfBody: "md5"})
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *fakeQueues) Authorize(_ context.Context, p policy.Principal, _ map[string]string, action, arn string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if action == q.denied {
		return &policy.DeniedError{Request: policy.Request{Principal: p, Action: action, Resource: arn}}
	}
	return nil
}

func (q *fakeQueues) Receive(ctx context.Context, p policy.Principal, arn string, limit int, _, wait time.Duration) ([]sqs.Received, error) {
	if err := q.Authorize(ctx, p, nil, "sqs:ReceiveMessage", arn); err != nil {
		return nil, err
	}
	q.mu.Lock()
	n := len(q.polls)
	q.polls = append(q.polls, poll{begun: time.Now()})
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.polls[n].ended = time.Now()
		q.mu.Unlock()
	}()
	for {
		q.mu.Lock()
		q.receives++
		if n := min(limit, len(q.messages)); n > 0 {
			got := q.messages[:n:n]
			q.messages = q.messages[n:]
			q.mu.Unlock()
			return got, nil
		}
		q.mu.Unlock()
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (q *fakeQueues) Delete(ctx context.Context, p policy.Principal, arn string, handles []string) error {
	if err := q.Authorize(ctx, p, nil, "sqs:DeleteMessage", arn); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.deleted = append(q.deleted, handles...)
	return nil
}

func (q *fakeQueues) Send(context.Context, policy.Principal, map[string]string, string, sqs.Message) (string, error) {
	return "", errors.New("the fake has no Send")
}

func (q *fakeQueues) VisibilityTimeout(string) (time.Duration, bool) { return q.visible, true }

func (q *fakeQueues) done() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return append([]string{}, q.deleted...)
}

var fakeARN = account.ARN("sqs", "fake")

func TestFunctionErrorLeavesTheWholeBatch(t *testing.T) {
	c := newCloud(t)
	q := newFakeQueues("ok", "crash")
	c.lambda.Queues = q
	c.consumer("f")
	m := c.mapping("f", fakeARN, nil)
	eventually(t, "it is invoked", func() bool { return c.lambda.Stats("f").Errors == 1 })
	q.add("ok")
	eventually(t, "the next is deleted", func() bool { return len(q.done()) == 1 })
	require.NotEqual(t, "h-id-0", q.done()[0])
	require.NotEqual(t, "h-id-1", q.done()[0])
	_, result := m.state()
	require.Equal(t, "OK", result)
}

func TestBatchResponses(t *testing.T) {
	batch := []sqs.Received{{MessageID: "a"}, {MessageID: "b"}}
	for response, want := range map[string]string{
		``: "ab", ` `: "ab", `null`: "ab", `{}`: "ab", `{"batchItemFailures":[]}`: "ab", `{"batchItemFailures":null}`: "ab",
		`{"batchItemFailures":[{"itemIdentifier":"a"}]}`:                          "b",
		`{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`:   "",
		`{"batchItemFailures":[{"itemIdentifier":""}]}`:                           "failed",
		`{"batchItemFailures":[{"itemIdentifier":null}]}`:                         "failed",
		`{"batchItemFailures":[{"messageId":"a"}]}`:                               "failed",
		`{"batchItemFailures":[{"itemIdentifier":"c"}]}`:                          "failed",
		`{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"zzz"}]}`: "failed",
		`{"batchItemFailures":{}}`:                                                "failed",
		`{"batchItemFailures":["a"]}`:                                             "failed",
		`"ok"`:                                                                    "failed",
		`{`:                                                                       "failed",
	} {
		done, outcome := succeeded(Result{Payload: []byte(response)}, true, batch)
		got := ""
		for _, m := range done {
			got += m.MessageID
		}
		if outcome != "OK" {
			got = "failed"
		}
		require.Equal(t, want, got, response)
	}
}

func TestResponseIsIgnoredWithoutReportBatchItemFailures(t *testing.T) {
	c := newCloud(t)
	q := newFakeQueues("fail")
	c.lambda.Queues = q
	c.consumer("f")
	c.mapping("f", fakeARN, func(in *MappingArgs) { in.FunctionResponseTypes = nil })
	eventually(t, "it is deleted", func() bool { return len(q.done()) == 1 })
}

func TestEventIsWhatAWSSends(t *testing.T) {
	source := &sqsSource{&MappingArgs{EventSourceARN: fakeARN}}
	parts := source.parts([]sqs.Received{{
		MessageID: "id", ReceiptHandle: "handle", Body: `{"a":"<b>"}`, MD5OfBody: "m1", MD5OfAttributes: "m2",
		Attributes: map[string]string{"ApproximateReceiveCount": "1"},
		MessageAttributes: map[string]sqs.MessageAttribute{
			"s": {DataType: "String", StringValue: "v"}, "b": {DataType: "Binary", BinaryValue: []byte("x")},
		},
	}, {MessageID: "id2", ReceiptHandle: "h2", Body: "b2", MD5OfBody: "m3", Attributes: map[string]string{}}})
	require.Len(t, parts, 1)
	require.JSONEq(t, `{"Records":[{
		"messageId":"id","receiptHandle":"handle","body":"{\"a\":\"<b>\"}","attributes":{"ApproximateReceiveCount":"1"},
		"messageAttributes":{
			"s":{"stringValue":"v","stringListValues":[],"binaryListValues":[],"dataType":"String"},
			"b":{"binaryValue":"eA==","stringListValues":[],"binaryListValues":[],"dataType":"Binary"}},
		"md5OfMessageAttributes":"m2","md5OfBody":"m1","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:fake","awsRegion":"us-east-1"
	},{
		"messageId":"id2","receiptHandle":"h2","body":"b2","attributes":{},"messageAttributes":{},"md5OfBody":"m3",
		"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:123456789012:fake","awsRegion":"us-east-1"
	}]}`, string(parts[0].payload))
	require.Contains(t, string(parts[0].payload), "<b>", "no HTML escapes")
}

func TestBatchOverSixMegabytesIsSplit(t *testing.T) {
	source := &sqsSource{&MappingArgs{EventSourceARN: fakeARN}}
	var batch []sqs.Received
	for i := range 10 {
		batch = append(batch, sqs.Received{MessageID: fmt.Sprint(i), Body: strings.Repeat("x", 1<<20)})
	}
	n := 0
	parts := source.parts(batch)
	require.Len(t, parts, 2)
	for _, p := range parts {
		require.LessOrEqual(t, len(p.payload), maxSyncPayload)
		require.True(t, json.Valid(p.payload))
		n += len(p.messages)
	}
	require.Equal(t, 10, n)
}

func TestPollsComeOneByOneAndNotAtOnceAfterAPartOfABatch(t *testing.T) {
	c := newCloud(t)
	q := newFakeQueues()
	c.lambda.Queues = q
	c.consumer("f")
	c.mapping("f", fakeARN, nil)
	for i := range 5 {
		q.add("ok")
		eventually(t, "it is deleted, and more is asked for", func() bool {
			q.mu.Lock()
			defer q.mu.Unlock()
			return len(q.deleted) == i+1 && len(q.polls) == i+2
		})
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range 5 {
		require.GreaterOrEqual(t, q.polls[i+1].begun.Sub(q.polls[i].ended), betweenPolls)
	}
}

func TestWindowGathersABatch(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	c.mapping("f", queue, func(in *MappingArgs) {
		in.BatchSize, in.MaximumBatchingWindowInSeconds = aws.Int(12), aws.Int(300)
		in.ScalingConfig = &ScalingConfig{MaximumConcurrency: aws.Int(2)}
	})
	// Two pollers gather 12 each: one of them has its batch by the 23rd message.
	for i := range 23 {
		c.send(queue, fmt.Sprint(i))
	}
	eventually(t, "a full batch", func() bool { return c.lambda.Stats("f").Invocations == 1 })
	eventually(t, "12 are deleted", func() bool { v, i := c.count(queue); return v+i == 11 })
}

func TestThrottledBatchIsRetriedUntilItsMessagesReturn(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	q := newFakeQueues()
	c.lambda.Queues = q
	c.consumer("f")
	m := c.mapping("f", fakeARN, nil)
	tries := make(chan struct{}, 100)
	remove := c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Do: func(context.Context, fault.Event) error {
		tries <- struct{}{}
		return Throttled()
	}})
	q.add("first")
	deadline := clock.Now().Add(q.visible)
	n := 0
	for clock.Now().Before(deadline) {
		select {
		case <-tries:
			n++
		case <-time.After(2 * time.Millisecond):
			clock.Advance(50 * time.Millisecond)
		}
	}
	require.Greater(t, n, 4)
	eventually(t, "it gives up", func() bool { _, result := m.state(); return strings.HasPrefix(result, "PROBLEM: Invoke") })
	remove()
	require.Empty(t, q.done())
	require.Zero(t, c.lambda.Stats("f").Invocations)
}

func TestMappingGrowsWithABacklogUpToItsLimit(t *testing.T) {
	for _, test := range []struct{ limit, want int }{{0, 7}, {6, 6}, {2, 2}} {
		clock := clockwork.NewFakeClock()
		c := newCloudAt(t, clock)
		q := newFakeQueues()
		c.lambda.Queues = q
		c.consumer("f")
		in := MappingArgs{EventSourceARN: fakeARN, BatchSize: aws.Int(1)}
		if test.limit > 0 {
			in.ScalingConfig = &ScalingConfig{&test.limit}
		}
		m := c.idleMapping(in)
		ps := &pollers{sqsSource: m.settings.Load().source.(*sqsSource), m: m, clock: clock, grown: clock.Now()}
		ps.count = min(startPollers, ps.limit())
		ctx, cancel := context.WithCancel(context.Background())
		for range 10 {
			clock.Advance(growEvery / 2)
			ps.grow(ctx)
			if ps.count == test.want {
				break
			}
		}
		require.Equal(t, test.want, ps.count)
		cancel()
		ps.group.Wait()
	}
}
