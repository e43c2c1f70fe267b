package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// QueueSettings say how a function takes messages from its queue.
type QueueSettings struct {
	// BatchSize is the most messages in one invocation: [BatchSizeRange]. Above [SmallBatch] it needs a
	// BatchingWindowSeconds.
	BatchSize pulumi.IntPtrInput `pulumi:"batchSize,optional"`
	// BatchingWindowSeconds is how long to wait for a batch to fill: [WindowRange]. Default
	// [DefaultBatchingWindow]: do not wait.
	BatchingWindowSeconds pulumi.IntPtrInput `pulumi:"batchingWindowSeconds,optional"`
	// MaximumConcurrency is the most invocations at the same time: [MaximumConcurrencyRange]. Default: the function's
	// own concurrency is the limit.
	MaximumConcurrency pulumi.IntPtrInput `pulumi:"maximumConcurrency,optional"`
	// MaxReceiveCount is how often a message is tried before it goes to the dead-letter queue: [ReceiveCountRange].
	// Default [DefaultMaxReceiveCount]. AWS advises at least 5, because throttled attempts count too.
	MaxReceiveCount pulumi.IntPtrInput `pulumi:"maxReceiveCount,optional"`
	// RetentionDays is how long the dead-letter queue keeps a message, from when it was first sent: [RetentionRange].
	// Default: the longest.
	RetentionDays pulumi.IntPtrInput `pulumi:"retentionDays,optional"`
}

func (s QueueSettings) resolve(v *validator, path string, batchSize int) QueueSettings {
	r := QueueSettings{
		BatchSize:             v.number(path+".BatchSize", s.BatchSize, BatchSizeRange.Check, batchSize),
		BatchingWindowSeconds: v.number(path+".BatchingWindowSeconds", s.BatchingWindowSeconds, WindowRange.Check, DefaultBatchingWindow),
		MaximumConcurrency:    v.optional(path+".MaximumConcurrency", s.MaximumConcurrency, MaximumConcurrencyRange.Check),
		MaxReceiveCount:       v.number(path+".MaxReceiveCount", s.MaxReceiveCount, ReceiveCountRange.Check, DefaultMaxReceiveCount),
		RetentionDays:         v.number(path+".RetentionDays", s.RetentionDays, RetentionRange.Check, RetentionRange.Max),
	}
	r.BatchingWindowSeconds = v.together(path+".BatchingWindowSeconds", r.BatchSize, r.BatchingWindowSeconds, func(batch, window int) error {
		if batch > SmallBatch && window == 0 {
			return fmt.Errorf("must be at least 1 when BatchSize is above %d, which is %d", SmallBatch, batch)
		}
		return nil
	})
	return r
}

const secondsPerDay = 24 * 60 * 60

// queue is a standard SQS queue with a dead-letter queue of its own.
type queue struct {
	*sqs.Queue
	name        string
	settings    QueueSettings
	deadLetters *sqs.Queue
	redrive     *sqs.RedrivePolicy
}

// queue makes the queue of a function, and its dead-letter queue in parallel, and joins them by a policy afterwards. The
// AWS provider waits 25 seconds for each queue resource, so a chain of them (dead-letter queue, then queue, then policy)
// would take three times as long as one. This way it is twice, however many queues there are. It cannot be once: a redrive
// policy names a dead-letter queue, which must exist, and whose name the provider makes.
func (b *builder) queue(name string, settings QueueSettings, consumer FunctionSettings) (*queue, error) {
	deadLetters, err := b.deadLetters(name+"-dead-letters", settings.RetentionDays)
	if err != nil {
		return nil, err
	}
	// Six times the function's timeout, plus the batching window, as Lambda advises:
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibility := pulumi.All(intOf(consumer.TimeoutSeconds), intOf(settings.BatchingWindowSeconds)).ApplyT(func(n []any) int {
		return 6*n[0].(int) + n[1].(int)
	}).(pulumi.IntOutput)
	q, err := sqs.NewQueue(b.ctx, b.child(name), &sqs.QueueArgs{
		// A standard queue's messages keep their age when they move to the dead-letter queue. A short retention here
		// would lose orders while a consumer is down.
		MessageRetentionSeconds:  pulumi.Int(RetentionRange.Max * secondsPerDay),
		VisibilityTimeoutSeconds: visibility,
		ReceiveWaitTimeSeconds:   pulumi.Int(20),
		SqsManagedSseEnabled:     pulumi.Bool(true),
		Tags:                     b.tags,
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	redrive, err := sqs.NewRedrivePolicy(b.ctx, b.child(name+"-redrive"), &sqs.RedrivePolicyArgs{
		QueueUrl: q.Url,
		RedrivePolicy: pulumi.All(deadLetters.Arn, intOf(settings.MaxReceiveCount)).ApplyT(func(v []any) (string, error) {
			return marshal(struct {
				DeadLetterTargetARN any `json:"deadLetterTargetArn"`
				MaxReceiveCount     any `json:"maxReceiveCount"`
			}{v[0], v[1]})
		}).(pulumi.StringOutput),
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	_, err = sqs.NewRedriveAllowPolicy(b.ctx, b.child(name+"-redrive-allow"), &sqs.RedriveAllowPolicyArgs{
		QueueUrl: deadLetters.Url,
		RedriveAllowPolicy: q.Arn.ApplyT(func(arn string) (string, error) {
			return marshal(struct {
				Permission string   `json:"redrivePermission"`
				Sources    []string `json:"sourceQueueArns"`
			}{"byQueue", []string{arn}})
		}).(pulumi.StringOutput),
	}, b.opts()...)
	return &queue{Queue: q, name: name, settings: settings, deadLetters: deadLetters, redrive: redrive}, err
}

// queuePolicy makes the policy of a queue, which refuses what comes without TLS:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
func (b *builder) queuePolicy(name string, q *sqs.Queue, statements ...statement) (*sqs.QueuePolicy, error) {
	return sqs.NewQueuePolicy(b.ctx, b.child(name+"-queue-policy"), &sqs.QueuePolicyArgs{
		QueueUrl: q.Url,
		Policy:   policyOf(append(statements, tlsOnly("sqs:*", q.Arn))...),
	}, b.opts()...)
}

// deadLetters makes a queue from which only a person takes messages.
func (b *builder) deadLetters(name string, retentionDays pulumi.IntPtrInput) (*sqs.Queue, error) {
	q, err := sqs.NewQueue(b.ctx, b.child(name), &sqs.QueueArgs{
		MessageRetentionSeconds: intOf(retentionDays).ApplyT(func(days int) int { return days * secondsPerDay }).(pulumi.IntOutput),
		SqsManagedSseEnabled:    pulumi.Bool(true),
		Tags:                    b.tags,
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	_, err = b.queuePolicy(name, q)
	return q, err
}

// failures makes a queue that receives a message about each record or event that a function failed with, and returns the
// statement that lets the function send it.
func (b *builder) failures(function string) (*sqs.Queue, statement, error) {
	q, err := b.deadLetters(function+"-failures", pulumi.Int(RetentionRange.Max))
	if err != nil {
		return nil, statement{}, err
	}
	return q, may("ReportFailures", q.Arn, "sqs:SendMessage"), nil
}

// consume allows a function to take messages from the queue.
func (q *queue) consume() statement {
	return may("TakeMessages", q.Arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
}

// subscribe lets a topic send to the queue, message bodies as they were published, and returns what must be in place
// before the first message is published.
func (b *builder) subscribe(q *queue, topic *sns.Topic) ([]pulumi.Resource, error) {
	policy, err := b.queuePolicy(q.name, q.Queue, statement{
		sid:        "TopicSends",
		principal:  "sns.amazonaws.com",
		actions:    []string{"sqs:SendMessage"},
		resources:  []pulumi.StringInput{q.Arn},
		conditions: []condition{{"ArnEquals", "aws:SourceArn", topic.Arn}},
	})
	if err != nil {
		return nil, err
	}
	subscription, err := sns.NewTopicSubscription(b.ctx, b.child(q.name+"-subscription"), &sns.TopicSubscriptionArgs{
		Topic:              topic.Arn,
		Protocol:           pulumi.String("sqs"),
		Endpoint:           q.Arn,
		RawMessageDelivery: pulumi.Bool(true),
	}, b.after(policy)...)
	return []pulumi.Resource{policy, subscription, q.redrive}, err
}

// drain invokes the function with batches of the queue's messages. The function answers which of a batch failed, so
// that one bad message does not bring the others back.
func (b *builder) drain(q *queue, fn *function) error {
	args := &lambda.EventSourceMappingArgs{
		EventSourceArn:                 q.Arn,
		FunctionName:                   fn.Arn,
		BatchSize:                      q.settings.BatchSize,
		MaximumBatchingWindowInSeconds: q.settings.BatchingWindowSeconds,
		FunctionResponseTypes:          pulumi.StringArray{pulumi.String("ReportBatchItemFailures")},
	}
	if q.settings.MaximumConcurrency != nil {
		args.ScalingConfig = &lambda.EventSourceMappingScalingConfigArgs{MaximumConcurrency: q.settings.MaximumConcurrency}
	}
	// A message that failed before the redrive policy is in place would only be retried; so the mapping waits for the
	// function's permissions alone.
	_, err := lambda.NewEventSourceMapping(b.ctx, b.child(q.name+"-mapping"), args, b.after(fn.policy)...)
	return err
}

// consumer makes a function that takes messages from a queue of its own, which has the function's name.
func (b *builder) consumer(settings QueueSettings, spec functionSpec) (*queue, *function, error) {
	q, err := b.queue(spec.zip, settings, spec.settings)
	if err != nil {
		return nil, nil, err
	}
	spec.allow = append(spec.allow, q.consume())
	fn, err := b.function(spec)
	if err != nil {
		return nil, nil, err
	}
	return q, fn, b.drain(q, fn)
}

// worker makes a consumer that only functions with the permission send to.
func (b *builder) worker(settings QueueSettings, spec functionSpec) (*queue, *function, error) {
	q, fn, err := b.consumer(settings, spec)
	if err != nil {
		return nil, nil, err
	}
	_, err = b.queuePolicy(q.name, q.Queue)
	return q, fn, err
}

// subscriber makes a consumer that a topic sends to, and returns what must be in place before the first message is published.
func (b *builder) subscriber(topic *sns.Topic, settings QueueSettings, spec functionSpec) (*queue, []pulumi.Resource, error) {
	q, _, err := b.consumer(settings, spec)
	if err != nil {
		return nil, nil, err
	}
	ready, err := b.subscribe(q, topic)
	return q, ready, err
}
