package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Consumer is a function of your own that takes published messages from its own queue, in batches.
//
// The function is invoked with an SQS event. The body of each record is the message as it was published. The function must answer with the
// ids of the messages that failed; only those are delivered again:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
//
// The function gets the variables QUEUE_URL and DEAD_LETTERS_URL. It may change the visibility timeout of messages in the first, and send
// messages that can never succeed to the second.
type Consumer struct {
	// Function is the function that processes messages. Default size [WorkerSize].
	Function Function `pulumi:"function"`
	// Queue configures the queue between the topic and the function. Default batches of [DefaultConsumerBatchSize].
	Queue QueueSettings `pulumi:"queue,optional"`
	// FilterPolicy is an SNS filter policy, as JSON: the function gets only messages that match it. Default: all messages.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
	FilterPolicy pulumi.StringPtrInput `pulumi:"filterPolicy,optional"`
	// FilterPolicyScope is what the filter policy applies to: MessageAttributes, or MessageBody, which must be JSON. Default
	// [DefaultFilterPolicyScope].
	FilterPolicyScope pulumi.StringPtrInput `pulumi:"filterPolicyScope,optional"`
}

func resolveConsumers(v *validator, consumers map[string]Consumer) map[string]Consumer {
	resolved := map[string]Consumer{}
	for _, name := range slices.Sorted(maps.Keys(consumers)) {
		at := "Consumers." + name
		v.function(at, name)
		resolved[name] = consumers[name].resolve(v, at)
	}
	return resolved
}

func (c Consumer) resolve(v *validator, at string) Consumer {
	c.Function = c.Function.resolveOwn(v, at+".Function", WorkerSize)
	c.Queue = c.Queue.resolve(v, at+".Queue", DefaultConsumerBatchSize)
	if unset(c.FilterPolicy) {
		if !unset(c.FilterPolicyScope) {
			v.addf(at+".FilterPolicyScope", "is accepted only with FilterPolicy")
		}
		c.FilterPolicy, c.FilterPolicyScope = nil, nil
		return c
	}
	c.FilterPolicy = v.text(at+".FilterPolicy", c.FilterPolicy, checkObject, "{}")
	c.FilterPolicyScope = v.text(at+".FilterPolicyScope", c.FilterPolicyScope, oneOf("MessageAttributes", "MessageBody"), DefaultFilterPolicyScope)
	return c
}

// checkObject accepts a JSON object.
func checkObject(text string) error {
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return fmt.Errorf("must be a JSON object, got %q", text)
	}
	return nil
}

// ownConsumer creates a consumer. ready must exist before a message is published.
func (b *builder) ownConsumer(topic *sns.Topic, name string, c Consumer) (q *queue, ready []pulumi.Resource, err error) {
	return b.subscriber(topic, c, functionSpec{name: name, settings: c.Function, environment: pulumi.StringMap{}})
}

// publisher returns what a function needs to publish to a topic.
func publisher(topic *sns.Topic) functionSpec {
	return functionSpec{environment: pulumi.StringMap{"TOPIC_ARN": topic.Arn}, allow: []statement{may("Publish", topic.Arn, "sns:Publish")}}
}
