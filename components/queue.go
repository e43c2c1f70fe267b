package components

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// QueueSettings configures a queue, and how a function takes messages from it.
type QueueSettings struct {
	// BatchSize is the largest number of messages in an invocation: [BatchSizeRange]. Above [SmallBatch], BatchingWindowSeconds is
	// required.
	BatchSize pulumi.IntPtrInput `pulumi:"batchSize,optional"`
	// BatchingWindowSeconds is how long Lambda waits for a batch to fill, in seconds: [WindowRange]. Default [DefaultBatchingWindow]: it
	// does not wait.
	BatchingWindowSeconds pulumi.IntPtrInput `pulumi:"batchingWindowSeconds,optional"`
	// MaximumConcurrency is the largest number of concurrent invocations for the queue: [MaximumConcurrencyRange]. Default: only the
	// function's own concurrency is the limit.
	MaximumConcurrency pulumi.IntPtrInput `pulumi:"maximumConcurrency,optional"`
	// MaxReceiveCount is how often a message is received before it goes to the dead-letter queue: [ReceiveCountRange]. Default
	// [DefaultMaxReceiveCount]. Functions delay retries by up to 15 minutes, so these receives take five to ten days. A message that can
	// never succeed goes to the dead-letter queue at once.
	MaxReceiveCount pulumi.IntPtrInput `pulumi:"maxReceiveCount,optional"`
	// RetentionDays is the retention period of the dead-letter queue, in days. A message that SQS moves keeps its age. So this must not be
	// shorter than the retention period of the queue, which is the longest, 14 days. Default: 14.
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
			return fmt.Errorf("must be at least 1 if BatchSize is above %d, got BatchSize %d", SmallBatch, batch)
		}
		return nil
	})
	return r
}

const (
	secondsPerDay = 24 * 60 * 60
	// queueRetentionDays is the retention period of a queue. It is longer than all receives take.
	queueRetentionDays = 14
	// minVisibilitySeconds is the shortest visibility timeout of a queue. It is the interval of retries if a function cannot set one,
	// because it crashes or is throttled. 1,000 such retries take two days.
	minVisibilitySeconds = 180
)

func checkDeadLetterRetention(days int) error {
	if err := RetentionRange.Check(days); err != nil {
		return err
	}
	if days < queueRetentionDays {
		return fmt.Errorf("must be at least %d, got %d: a message keeps its age, and its queue keeps it for %[1]d days", queueRetentionDays, days)
	}
	return nil
}

// queue is a standard SQS queue with its own dead-letter queue.
type queue struct {
	*sqs.Queue
	name        string
	settings    QueueSettings
	deadLetters *sqs.Queue
	redrive     *sqs.RedrivePolicy
}

// queue creates the queue of a function and its dead-letter queue in parallel. A redrive policy connects them afterwards. The AWS provider
// waits 25 seconds for each queue resource. A chain of three (dead-letter queue, queue, policy) would take 75 seconds. This way it takes
// 50, for any number of queues. It cannot take 25, because a redrive policy needs the name of the dead-letter queue, which the provider
// generates.
func (b *builder) queue(name string, settings QueueSettings, consumer Function) (*queue, error) {
	deadLetters, err := b.deadLetters(name+"-dead-letters", settings.RetentionDays)
	if err != nil {
		return nil, err
	}
	// Six times the function's timeout, plus the batching window, as Lambda recommends:
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibility := pulumi.All(intOf(consumer.TimeoutSeconds), intOf(settings.BatchingWindowSeconds)).ApplyT(func(n []any) int {
		return max(6*n[0].(int)+n[1].(int), minVisibilitySeconds)
	}).(pulumi.IntOutput)
	q, err := sqs.NewQueue(b.ctx, b.child(name), &sqs.QueueArgs{
		// A shorter retention period would lose orders while a consumer is down.
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

// queuePolicy creates the policy of a queue. It denies requests without TLS:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
func (b *builder) queuePolicy(name string, q *sqs.Queue, statements ...statement) (*sqs.QueuePolicy, error) {
	return sqs.NewQueuePolicy(b.ctx, b.child(name+"-queue-policy"), &sqs.QueuePolicyArgs{
		QueueUrl: q.Url,
		Policy:   policyOf(append(statements, tlsOnly("sqs:*", q.Arn))...),
	}, b.opts()...)
}

// deadLetters creates a queue from which only a person takes messages. The caller creates its policy.
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

// failures creates a queue for messages about permanent failures. It also returns the statement that allows a role to send to it.
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

// consume allows a function to receive and delete messages, to change their visibility timeout, and to send to the dead-letter queue.
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

// unlessKey returns true for a queue that SQS encrypts with a key of its own. It returns nil if the component has a key.
func (b *builder) unlessKey() pulumi.BoolPtrInput {
	if b.key != nil {
		return nil
	}
	return pulumi.Bool(true)
}

// subscribe lets a topic send to the queue, with raw message delivery. It returns what must exist before the first message is published. A
// message that SNS cannot deliver goes to the queue's dead-letter queue. SNS does not retry after a client-side error, such as a missing
// permission, and without that queue it would discard the message: https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
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

// drain creates the event source mapping from the queue to the function. The function reports which messages of a batch failed, so that one
// failed message does not make the others visible again.
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
	// A message that fails before the redrive policy exists is only retried. So the mapping depends on the function's permissions only.
	_, err := lambda.NewEventSourceMapping(b.ctx, b.child(q.name+"-mapping"), args, b.after(fn.policy)...)
	return err
}

// consumer creates a function that takes messages from its own queue. The queue has the function's name.
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

// worker creates a consumer whose queue only functions with a permission send to.
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

// subscriber creates a consumer whose queue a topic sends to. It returns what must exist before the first message is published.
func (b *builder) subscriber(topic *sns.Topic, c Consumer, spec functionSpec) (*queue, []pulumi.Resource, error) {
	q, _, err := b.consumer(c.Queue, spec)
	if err != nil {
		return nil, nil, err
	}
	ready, err := b.subscribe(q, topic, c)
	return q, ready, err
}
