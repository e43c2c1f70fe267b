package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Consumer is a function of your own that takes what is published to a topic from a queue, in batches.
//
// It is invoked with an event of SQS, whose bodies are the messages as they were published. It must answer with the ids of those
// that failed, and none of them is delivered again but those:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
//
// It gets the variables QUEUE_URL and DEAD_LETTERS_URL, and may send to the latter what can never succeed, and change for how long
// a message of the former is hidden.
type Consumer struct {
	// Function takes the messages. Default [WorkerSize].
	Function Function `pulumi:"function"`
	// Queue is the queue between the topic and the function. Default batches of [DefaultConsumerBatchSize].
	Queue QueueSettings `pulumi:"queue,optional"`
	// FilterPolicy is a filter policy of SNS, as JSON: the function gets the messages that pass it. Default: all of them.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
	FilterPolicy pulumi.StringPtrInput `pulumi:"filterPolicy,optional"`
	// FilterPolicyScope is what the filter policy looks at: MessageAttributes or MessageBody, which must be JSON. Default
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
			v.addf(at+".FilterPolicyScope", "is of use only with FilterPolicy")
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

// ownConsumer makes a consumer. ready is what must be in place before something is published.
func (b *builder) ownConsumer(topic *sns.Topic, name string, c Consumer) (q *queue, ready []pulumi.Resource, err error) {
	return b.subscriber(topic, c, functionSpec{name: name, settings: c.Function, environment: pulumi.StringMap{}})
}

// publisher is what a function needs to publish to a topic.
func publisher(topic *sns.Topic) functionSpec {
	return functionSpec{environment: pulumi.StringMap{"TOPIC_ARN": topic.Arn}, allow: []statement{may("Publish", topic.Arn, "sns:Publish")}}
}
