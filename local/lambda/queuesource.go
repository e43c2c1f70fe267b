package lambda

import (
	"context"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
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
type sqsSource struct {
	queues      Queues
	clock       clockwork.Clock
	arn         string
	batch       int
	window      time.Duration
	concurrency int // 0 for no limit of its own
	partial     bool
}

// seconds converts a setting that is given in seconds.
func seconds(n *int) time.Duration { return time.Duration(*n) * time.Second }

func newSQSSource(s *Service, in *MappingArgs) *sqsSource {
	return &sqsSource{
		queues: s.Queues, clock: s.account.Clock, arn: in.EventSourceARN,
		batch: *in.BatchSize, window: seconds(in.MaximumBatchingWindowInSeconds),
		concurrency: value(value(in.ScalingConfig, ScalingConfig{}).MaximumConcurrency, 0), partial: len(in.FunctionResponseTypes) > 0,
	}
}

func (q *sqsSource) check(p policy.Principal, function *revision) error {
	visibility, exists := q.queues.VisibilityTimeout(q.arn)
	for _, call := range pollerCalls {
		// Injected faults of polling are ignored here: only the policies of the role and the queue decide.
		if err := q.queues.Authorize(context.Background(), p, nil, "sqs:"+call, q.arn); isDenied(err) {
			return invalidParameter("The provided execution role does not have permissions to call %s on SQS", call)
		}
	}
	if !exists {
		return invalidParameter("The queue %s does not exist.", q.arn)
	}
	if timeout := function.timeout; timeout > visibility {
		return invalidParameter("Queue visibility timeout: %d seconds is less than Function timeout: %d seconds",
			int(visibility.Seconds()), int(timeout.Seconds()))
	}
	return nil
}

// begin does nothing: a mapping has no position in a queue.
func (q *sqsSource) begin(*mapping) {}

var pollerCalls = []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"}
