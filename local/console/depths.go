package console

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/order-patterns/order-patterns/local/fault"
)

// depths reads what waits in queues, streams, functions and machines.
func (s *sampler) depths(ctx context.Context, live *Live) error {
	var errs []error
	for id, n := range s.drawn.nodes {
		a := live.Nodes[id]
		switch n.Kind {
		case kindQueue, kindDeadLetters:
			now, later, inFlight, err := s.queueDepths(ctx, n)
			errs = append(errs, err)
			if a.Waiting, a.InFlight = now+later, inFlight; n.Kind == kindDeadLetters {
				a.Errors = float64(a.Waiting + a.InFlight)
			}
		case kindStream:
			for _, consumer := range n.Consumers {
				a.Waiting = max(a.Waiting, s.cloud.Lambda.Waiting(consumer))
			}
		case kindMachine:
			errs = append(errs, s.machine(ctx, n, a))
		case kindFunction:
			a.InFlight = s.cloud.Lambda.Stats(n.Resource).Busy
		}
		if a.Waiting+a.InFlight == 0 {
			a.OldestMs = 0 // the metric is of the last minutes
		}
	}
	return errors.Join(errs...)
}

// queueDepths returns how many messages of a queue can be received, will be later, and are received.
func (c *Console) queueDepths(ctx context.Context, queue *Node) (now, later, inFlight int, err error) {
	out, err := c.sqs.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &queue.deployed.ID, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
	})
	if err != nil {
		return 0, 0, 0, err
	}
	number := func(state string) int {
		n, _ := strconv.Atoi(out.Attributes["ApproximateNumberOfMessages"+state]) // SQS answers with numbers
		return n
	}
	return number(""), number("Delayed"), number("NotVisible"), nil
}

// maxExecutions is how many running executions one call lists.
const maxExecutions = 1000

func (s *sampler) machine(ctx context.Context, n *Node, a *Activity) error {
	if n.deployed.Text("type") == string(sfntypes.StateMachineTypeExpress) {
		return nil // Step Functions does not list its executions
	}
	out, err := s.sfn.ListExecutions(ctx, &sfn.ListExecutionsInput{
		StateMachineArn: &n.ID, StatusFilter: sfntypes.ExecutionStatusRunning, MaxResults: maxExecutions,
	})
	if err != nil {
		return err
	}
	a.Waiting = len(out.Executions)
	return nil
}

// mappings reads which sources are paused.
func (s *sampler) mappings(ctx context.Context, live *Live) error {
	out, err := s.lambda.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		return err
	}
	for _, m := range out.EventSourceMappings {
		if a := live.Nodes[s.drawn.find(aws.ToString(m.EventSourceArn))]; a != nil && aws.ToString(m.State) != "Enabled" {
			a.Paused = true
		}
	}
	return nil
}

// bucketRequests counts requests to buckets. S3 publishes metrics of requests only for buckets that are configured for it:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-request-metrics-bucket.html
type bucketRequests struct {
	mu     sync.Mutex
	counts map[string]float64 // by ARN
}

// watch counts requests until stop is called. Those of a person are not counted: the page itself reads objects.
func (b *bucketRequests) watch(faults *fault.Injector) (stop func()) {
	b.counts = map[string]float64{}
	return faults.Add(fault.Rule{Action: "s3:*", Do: func(_ context.Context, e fault.Event) error {
		if bucket, _, _ := strings.Cut(e.Resource, "/"); !strings.Contains(e.Principal, ":user/") {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.counts[bucket]++
		}
		return nil
	}})
}

// take adds what was counted since the last call.
func (b *bucketRequests) take(nodes map[string]*Activity) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for bucket, n := range b.counts {
		if a := nodes[bucket]; a != nil {
			a.Total = n
		}
	}
	clear(b.counts)
}
