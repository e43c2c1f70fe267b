package lambda

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/xray"
)

// Queues are the sources of mappings, and the destinations of records of discarded batches and of asynchronous invocations.
// *sqs.Service implements it.
type Queues interface {
	Authorize(ctx context.Context, p policy.Principal, keys map[string]string, action, queueARN string) error
	Receive(ctx context.Context, p policy.Principal, queueARN string, limit int, visibility, wait time.Duration) ([]sqs.Received, error)
	Delete(ctx context.Context, p policy.Principal, queueARN string, receiptHandles []string) error
	VisibilityTimeout(queueARN string) (time.Duration, bool)
	Send(ctx context.Context, p policy.Principal, keys map[string]string, queueARN string, m sqs.Message) (messageID string, err error)
}

// How Lambda scales with a queue: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
const (
	startPollers = 5
	maxPollers   = accountConcurrency
	// growEvery is how long a backlog lasts before one more poller starts. AWS adds up to 300 a minute; on one machine more
	// processes slow each other down.
	growEvery = time.Second
	longPoll  = 20 * time.Second
	// betweenPolls is the wait after a poll that did not fill a batch, by the machine's clock. It stands for the network of
	// AWS: without it, messages that come one by one would each have an invocation.
	betweenPolls = 5 * time.Millisecond
	// retryRefused is the wait after a call that SQS or Lambda refused.
	retryRefused = time.Second
)

// sqsSource polls a standard queue: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type sqsSource struct{ *MappingArgs }

func (q *sqsSource) check(s *Service, p policy.Principal, function *revision) error {
	visibility, exists := s.Queues.VisibilityTimeout(q.EventSourceARN)
	for _, call := range pollerCalls {
		// Injected faults of polling are ignored here: only the policies of the role and the queue decide.
		if err := s.Queues.Authorize(context.Background(), p, nil, "sqs:"+call, q.EventSourceARN); policy.IsDenied(err) {
			return invalidParameter("The provided execution role does not have permissions to call %s on SQS", call)
		}
	}
	if !exists {
		return invalidParameter("The queue %s does not exist.", q.EventSourceARN)
	}
	if timeout := function.timeout; timeout > visibility {
		return invalidParameter("Queue visibility timeout: %d seconds is less than Function timeout: %d seconds",
			int(visibility.Seconds()), int(timeout.Seconds()))
	}
	return nil
}

var pollerCalls = []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}

// sqsRecord is a message in an event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type sqsRecord struct {
	events.SQSMessage
	MD5OfAttributes string `json:"md5OfMessageAttributes,omitempty"`
}

type records struct {
	messages []sqs.Received
	payload  []byte
}

// parts makes the events of a batch: one, unless its payload would be too large.
func (q *sqsSource) parts(batch []sqs.Received) []records {
	const frame = len(eventHead) + len(eventFoot)
	encoded := make([][]byte, len(batch))
	var parts []records
	begun, size := 0, frame
	for i := range batch {
		encoded[i] = q.record(&batch[i])
		if i > begun && size+len(encoded[i]) > maxSyncPayload {
			parts = append(parts, records{batch[begun:i], recordsEvent(encoded[begun:i])})
			begun, size = i, frame
		}
		size += len(encoded[i]) + len(",")
	}
	return append(parts, records{batch[begun:], recordsEvent(encoded[begun:])})
}

func (q *sqsSource) record(m *sqs.Received) []byte {
	r := sqsRecord{events.SQSMessage{
		MessageId: m.MessageID, ReceiptHandle: m.ReceiptHandle, Body: m.Body, Attributes: m.Attributes,
		MessageAttributes: make(map[string]events.SQSMessageAttribute, len(m.MessageAttributes)), Md5OfBody: m.MD5OfBody,
		EventSource: "aws:sqs", EventSourceARN: q.EventSourceARN, AWSRegion: account.Region,
	}, m.MD5OfAttributes}
	for name, a := range m.MessageAttributes {
		out := events.SQSMessageAttribute{DataType: a.DataType, BinaryValue: a.BinaryValue, StringListValues: []string{}, BinaryListValues: [][]byte{}}
		if a.BinaryValue == nil {
			out.StringValue = &a.StringValue
		}
		r.MessageAttributes[name] = out
	}
	return strictjson.Encode(r)
}

// succeeded returns the messages that are not reported as failed, and the LastProcessingResult.
func succeeded(result Result, partial bool, batch []sqs.Received) (done []sqs.Received, outcome string) {
	failed, outcome := result.failures(partial, func(id string) bool {
		return slices.ContainsFunc(batch, func(m sqs.Received) bool { return m.MessageID == id })
	})
	return slices.DeleteFunc(slices.Clone(batch), func(m sqs.Received) bool { return slices.Contains(failed, m.MessageID) }), outcome
}

// maxLinks is a quota of X-Ray: https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html
const maxLinks = 20

// linksOf returns links to the sampled traces of the senders of messages, one for each trace.
func linksOf(messages []sqs.Received) (links []xray.Link) {
	for i := range messages {
		h, ok := xray.ParseHeader(messages[i].Attributes["AWSTraceHeader"])
		known := func(l xray.Link) bool { return l.TraceID == h.Root }
		if ok && h.Sampled && len(links) < maxLinks && !slices.ContainsFunc(links, known) {
			links = append(links, xray.Link{TraceID: h.Root, ID: h.Parent})
		}
	}
	return links
}
