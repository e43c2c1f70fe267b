package components

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// QueueSettings tell how a function takes messages from its queue.
type QueueSettings struct {
	// BatchSize is the most messages in one invocation: 1 to 10,000; above 10 needs a BatchingWindowSeconds.
	BatchSize int
	// BatchingWindowSeconds is how long to wait for a batch to fill: 0 to 300. Default 0: do not wait.
	BatchingWindowSeconds int
	// MaximumConcurrency is the most invocations at once: 2 to 1,000. Zero leaves it to the function.
	MaximumConcurrency int
	// MaxReceiveCount is how often a message is tried before it goes to the dead-letter queue: 1 to 1,000. Default 5.
	// AWS advises at least 5, because throttled attempts count too.
	MaxReceiveCount int
	// RetentionDays is how long the dead-letter queue keeps a message, from when it was first sent: 1 to 14. Default 14.
	RetentionDays int
}

func (s QueueSettings) withDefaults(batchSize int) QueueSettings {
	s.BatchSize = or(s.BatchSize, batchSize)
	s.MaxReceiveCount = or(s.MaxReceiveCount, 5)
	s.RetentionDays = or(s.RetentionDays, 14)
	return s
}

func (s QueueSettings) validate(p *problems, path string) {
	p.between(path+".BatchSize", s.BatchSize, 1, 10000)
	p.between(path+".BatchingWindowSeconds", s.BatchingWindowSeconds, 1, 300)
	p.between(path+".MaximumConcurrency", s.MaximumConcurrency, 2, 1000)
	p.between(path+".MaxReceiveCount", s.MaxReceiveCount, 1, 1000)
	p.between(path+".RetentionDays", s.RetentionDays, 1, 14)
	if s.BatchSize > 10 && s.BatchingWindowSeconds == 0 {
		p.addf(path+".BatchingWindowSeconds", "must be at least 1 when BatchSize is above 10, which is %d", s.BatchSize)
	}
}

// queue is a standard SQS queue with a dead-letter queue of its own.
type queue struct {
	*sqs.Queue
	deadLetters *sqs.Queue
	redrive     *sqs.RedrivePolicy
}

// maxRetentionDays is how long a queue keeps messages that nobody takes: the most that SQS allows.
const maxRetentionDays = 14

// newQueue makes the queue and its dead-letter queue side by side, and joins them by a policy afterwards. The AWS
// provider waits 25 seconds for each queue resource to settle, so a chain of them (dead-letter queue, then queue, then
// policy) would take three times as long as one; this way it is two, however many queues there are.
func newQueue(ctx *pulumi.Context, name string, settings QueueSettings, consumer FunctionSettings, tags pulumi.StringMap,
	opts ...pulumi.ResourceOption,
) (*queue, error) {
	deadLetters, err := newDeadLetters(ctx, name+"-dead-letters", settings.RetentionDays, tags, opts...)
	if err != nil {
		return nil, err
	}
	q, err := sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		// A standard queue's messages keep their age when they move to the dead-letter queue. A short retention here
		// would lose orders while a consumer is down.
		MessageRetentionSeconds: pulumi.Int(maxRetentionDays * 24 * 60 * 60),
		// Six times the function's timeout, plus the batching window, as Lambda advises:
		// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
		VisibilityTimeoutSeconds: pulumi.Int(6*consumer.TimeoutSeconds + settings.BatchingWindowSeconds),
		ReceiveWaitTimeSeconds:   pulumi.Int(20),
		SqsManagedSseEnabled:     pulumi.Bool(true),
		Tags:                     tags,
	}, opts...)
	if err != nil {
		return nil, err
	}
	redrive, err := sqs.NewRedrivePolicy(ctx, name+"-redrive", &sqs.RedrivePolicyArgs{
		QueueUrl: q.Url,
		RedrivePolicy: deadLetters.Arn.ApplyT(func(arn string) (string, error) {
			return marshal(struct {
				DeadLetterTargetARN string `json:"deadLetterTargetArn"`
				MaxReceiveCount     int    `json:"maxReceiveCount"`
			}{arn, settings.MaxReceiveCount})
		}).(pulumi.StringOutput),
	}, opts...)
	if err != nil {
		return nil, err
	}
	_, err = sqs.NewRedriveAllowPolicy(ctx, name+"-redrive-allow", &sqs.RedriveAllowPolicyArgs{
		QueueUrl: deadLetters.Url,
		RedriveAllowPolicy: q.Arn.ApplyT(func(arn string) (string, error) {
			return marshal(struct {
				Permission string   `json:"redrivePermission"`
				Sources    []string `json:"sourceQueueArns"`
			}{"byQueue", []string{arn}})
		}).(pulumi.StringOutput),
	}, opts...)
	if err != nil {
		return nil, err
	}
	return &queue{Queue: q, deadLetters: deadLetters, redrive: redrive}, nil
}

// newDeadLetters makes a queue that only a person takes messages from.
func newDeadLetters(ctx *pulumi.Context, name string, retentionDays int, tags pulumi.StringMap, opts ...pulumi.ResourceOption) (*sqs.Queue, error) {
	return sqs.NewQueue(ctx, name, &sqs.QueueArgs{
		MessageRetentionSeconds: pulumi.Int(retentionDays * 24 * 60 * 60),
		SqsManagedSseEnabled:    pulumi.Bool(true),
		Tags:                    tags,
	}, opts...)
}

// consume lists what a function's role needs to take messages from the queue.
func (q *queue) consume() statement {
	return statement{
		sid:       "TakeMessages",
		actions:   []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
		resources: []pulumi.StringInput{q.Arn},
	}
}

// subscribe lets a topic send to the queue, message bodies as they were published, and returns what must be in place
// before the first message is.
func (q *queue) subscribe(ctx *pulumi.Context, name string, topic *sns.Topic, opts ...pulumi.ResourceOption) ([]pulumi.Resource, error) {
	policy, err := sqs.NewQueuePolicy(ctx, name+"-queue-policy", &sqs.QueuePolicyArgs{
		QueueUrl: q.Url,
		Policy: allow(statement{
			sid:       "TopicSends",
			principal: "sns.amazonaws.com",
			actions:   []string{"sqs:SendMessage"},
			resources: []pulumi.StringInput{q.Arn},
			condition: &condition{"ArnEquals", "aws:SourceArn", topic.Arn},
		}),
	}, opts...)
	if err != nil {
		return nil, err
	}
	subscription, err := sns.NewTopicSubscription(ctx, name+"-subscription", &sns.TopicSubscriptionArgs{
		Topic:              topic.Arn,
		Protocol:           pulumi.String("sqs"),
		Endpoint:           q.Arn,
		RawMessageDelivery: pulumi.Bool(true),
	}, append(opts, pulumi.DependsOn([]pulumi.Resource{policy}))...)
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{policy, subscription, q.redrive}, nil
}

// drain invokes the function with batches of the queue's messages. The function answers which of a batch failed, so
// that one bad message does not bring the others back.
func (q *queue) drain(ctx *pulumi.Context, name string, settings QueueSettings, fn *function, opts ...pulumi.ResourceOption) error {
	args := &lambda.EventSourceMappingArgs{
		EventSourceArn:                 q.Arn,
		FunctionName:                   fn.Arn,
		BatchSize:                      pulumi.Int(settings.BatchSize),
		MaximumBatchingWindowInSeconds: pulumi.Int(settings.BatchingWindowSeconds),
		FunctionResponseTypes:          pulumi.StringArray{pulumi.String("ReportBatchItemFailures")},
	}
	if settings.MaximumConcurrency > 0 {
		args.ScalingConfig = &lambda.EventSourceMappingScalingConfigArgs{
			MaximumConcurrency: pulumi.Int(settings.MaximumConcurrency),
		}
	}
	// A message that failed before the redrive policy is in place would only be tried again; so the mapping waits for
	// the function's permissions alone.
	_, err := lambda.NewEventSourceMapping(ctx, name+"-mapping", args, append(opts, pulumi.DependsOn([]pulumi.Resource{fn.policy}))...)
	return err
}

func marshal(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}
