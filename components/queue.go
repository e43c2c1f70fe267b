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
	// MaxReceiveCount is how often a message that may succeed later is tried before it goes to the dead-letter queue:
	// [ReceiveCountRange]. Default [DefaultMaxReceiveCount], which the functions' delays, up to a quarter of an hour, make
	// last for five to ten days. A message that can never succeed goes there at once.
	MaxReceiveCount pulumi.IntPtrInput `pulumi:"maxReceiveCount,optional"`
	// RetentionDays is how long the dead-letter queue keeps a message. A message that SQS moves keeps its age, so this must
	// not be below the retention of the queue itself, which is the longest. Default: the longest.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
	RetentionDays pulumi.IntPtrInput `pulumi:"retentionDays,optional"`
}

func (s QueueSettings) resolve(v *validator, path string, batchSize int) QueueSettings {
	r := QueueSettings{
		BatchSize:             v.number(path+".BatchSize", s.BatchSize, BatchSizeRange.Check, batchSize),
		BatchingWindowSeconds: v.number(path+".BatchingWindowSeconds", s.BatchingWindowSeconds, WindowRange.Check, DefaultBatchingWindow),
		MaximumConcurrency:    v.optional(path+".MaximumConcurrency", s.MaximumConcurrency, MaximumConcurrencyRange.Check),
		MaxReceiveCount:       v.number(path+".MaxReceiveCount", s.MaxReceiveCount, ReceiveCountRange.Check, DefaultMaxReceiveCount),
		RetentionDays:         v.number(path+".RetentionDays", s.RetentionDays, checkDeadLetterRetention, queueRetentionDays),
	}
	r.BatchingWindowSeconds = v.together(path+".BatchingWindowSeconds", r.BatchSize, r.BatchingWindowSeconds, func(batch, window int) error {
		if batch > SmallBatch && window == 0 {
			return fmt.Errorf("must be at least 1 when BatchSize is above %d, which is %d", SmallBatch, batch)
		}
		return nil
	})
	return r
}

const (
	secondsPerDay = 24 * 60 * 60
	// queueRetentionDays is for how long a queue keeps a message that is not handled: longer than all receives take.
	queueRetentionDays = 14
	// minVisibilitySeconds is the shortest visibility timeout of a queue. It is the interval of retries where a function
	// cannot set one, because it crashes or is throttled: 1,000 of them last for two days.
	minVisibilitySeconds = 180
)

func checkDeadLetterRetention(days int) error {
	if err := RetentionRange.Check(days); err != nil {
		return err
	}
	if days < queueRetentionDays {
		return fmt.Errorf("must not be below %d days, the retention of the queue that it receives from: a message keeps its age, got %d", queueRetentionDays, days)
	}
	return nil
}

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
func (b *builder) queue(name string, settings QueueSettings, consumer Function) (*queue, error) {
	deadLetters, err := b.deadLetters(name+"-dead-letters", settings.RetentionDays)
	if err != nil {
		return nil, err
	}
	// Six times the function's timeout, plus the batching window, as Lambda advises:
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibility := pulumi.All(intOf(consumer.TimeoutSeconds), intOf(settings.BatchingWindowSeconds)).ApplyT(func(n []any) int {
		return max(6*n[0].(int)+n[1].(int), minVisibilitySeconds)
	}).(pulumi.IntOutput)
	q, err := sqs.NewQueue(b.ctx, b.child(name), &sqs.QueueArgs{
		// A shorter retention would lose orders while a consumer is down.
		MessageRetentionSeconds:  pulumi.Int(queueRetentionDays * secondsPerDay),
		VisibilityTimeoutSeconds: visibility,
		ReceiveWaitTimeSeconds:   pulumi.Int(20),
		SqsManagedSseEnabled:     b.unlessKey(),
		KmsMasterKeyId:           b.kmsKey(),
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
	b.watchQueue(name, q)
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

// deadLetters makes a queue from which only a person takes messages. The caller makes its policy.
func (b *builder) deadLetters(name string, retentionDays pulumi.IntPtrInput) (*sqs.Queue, error) {
	q, err := sqs.NewQueue(b.ctx, b.child(name), &sqs.QueueArgs{
		MessageRetentionSeconds: intOf(retentionDays).ApplyT(func(days int) int { return days * secondsPerDay }).(pulumi.IntOutput),
		SqsManagedSseEnabled:    b.unlessKey(),
		KmsMasterKeyId:          b.kmsKey(),
		Tags:                    b.tags,
	}, b.opts()...)
	if err == nil {
		b.watchDeadLetters(name, q)
	}
	return q, err
}

// failures makes a queue that receives a message about what failed for good, and returns the statement that lets a role
// send it.
func (b *builder) failures(name string) (*sqs.Queue, statement, error) {
	q, err := b.deadLetters(name, pulumi.Int(RetentionRange.Max))
	if err != nil {
		return nil, statement{}, err
	}
	if _, err := b.queuePolicy(name, q); err != nil {
		return nil, statement{}, err
	}
	return q, may("ReportFailures", q.Arn, "sqs:SendMessage"), nil
}

// consume allows a function to take messages from the queue, to delay those that failed, and to send those that can never
// succeed to the dead-letter queue.
func (q *queue) consume() []statement {
	return []statement{
		may("TakeMessages", q.Arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
		may("GiveUpMessages", q.deadLetters.Arn, "sqs:SendMessage"),
	}
}

// topicSends allows a topic to send to a queue.
func topicSends(q *sqs.Queue, topic *sns.Topic) statement {
	return statement{
		sid:        "TopicSends",
		principal:  "sns.amazonaws.com",
		actions:    []string{"sqs:SendMessage"},
		resources:  []pulumi.StringInput{q.Arn},
		conditions: []condition{{"ArnEquals", "aws:SourceArn", topic.Arn}},
	}
}

// unlessKey is true for a queue that SQS encrypts with a key of its own; nil if it has another.
func (b *builder) unlessKey() pulumi.BoolPtrInput {
	if b.key != nil {
		return nil
	}
	return pulumi.Bool(true)
}

// subscribe lets a topic send to the queue, message bodies as they were published, and returns what must be in place
// before the first message is published. What SNS cannot deliver goes to the queue's dead-letter queue. It does not retry
// after a client-side error, such as a missing permission, and discards the message if there is no such queue:
// https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
func (b *builder) subscribe(q *queue, topic *sns.Topic, c Consumer) ([]pulumi.Resource, error) {
	if b.key != nil {
		b.key.sends = true
	}
	policy, err := b.queuePolicy(q.name, q.Queue, topicSends(q.Queue, topic))
	if err != nil {
		return nil, err
	}
	deadPolicy, err := b.queuePolicy(q.name+"-dead-letters", q.deadLetters, topicSends(q.deadLetters, topic))
	if err != nil {
		return nil, err
	}
	subscription, err := sns.NewTopicSubscription(b.ctx, b.child(q.name+"-subscription"), &sns.TopicSubscriptionArgs{
		Topic:              topic.Arn,
		Protocol:           pulumi.String("sqs"),
		Endpoint:           q.Arn,
		RawMessageDelivery: pulumi.Bool(true),
		FilterPolicy:       c.FilterPolicy,
		FilterPolicyScope:  c.FilterPolicyScope,
		RedrivePolicy: q.deadLetters.Arn.ApplyT(func(arn string) (string, error) {
			return marshal(map[string]string{"deadLetterTargetArn": arn})
		}).(pulumi.StringOutput),
	}, b.after(policy, deadPolicy)...)
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
	q, err := b.queue(spec.name, settings, spec.settings)
	if err != nil {
		return nil, nil, err
	}
	spec.allow = append(spec.allow, q.consume()...)
	spec.environment["QUEUE_URL"], spec.environment["DEAD_LETTERS_URL"] = q.Url, q.deadLetters.Url
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
	if _, err := b.queuePolicy(q.name+"-dead-letters", q.deadLetters); err != nil {
		return nil, nil, err
	}
	_, err = b.queuePolicy(q.name, q.Queue)
	return q, fn, err
}

// subscriber makes a consumer that a topic sends to, and returns what must be in place before the first message is published.
func (b *builder) subscriber(topic *sns.Topic, c Consumer, spec functionSpec) (*queue, []pulumi.Resource, error) {
	q, _, err := b.consumer(c.Queue, spec)
	if err != nil {
		return nil, nil, err
	}
	ready, err := b.subscribe(q, topic, c)
	return q, ready, err
}
