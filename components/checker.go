package components

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/order/checker"
)

// Checker is a function of your own that checks what is published to a topic, takes it from a queue, in batches, and sends what it
// found to the queue of findings.
//
// It is invoked with an event of SQS, whose bodies are the messages as they were published. It must answer with the ids of those
// that failed, and none of them is delivered again but those:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
//
// It gets the variables FINDINGS_QUEUE_URL, which it may send to, and QUEUE_URL and DEAD_LETTERS_URL: it may send to the latter what
// can never succeed, and change for how long a message of the former is hidden.
//
// With Orders it checks orders, and each order waits for its finding: {"orderId": "...", "check": "the name of the checker", "passed":
// true, "log": "a line for the order's logs"}. All four are required. The log has 1 to 16384 characters. update-order sends any
// other message to its dead-letter queue. A repeated finding does no harm: the first one counts.
type Checker struct {
	// Function takes the messages. Default [WorkerSize].
	Function Function `pulumi:"function"`
	// Queue is the queue between the topic and the function. Default batches of [DefaultConsumerBatchSize].
	Queue QueueSettings `pulumi:"queue,optional"`
	// FilterPolicy is a filter policy of SNS, as JSON: the function gets the messages that pass it. Default: all of them. It cannot be
	// set with Orders, because an order that the function does not get would wait for ever.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
	FilterPolicy pulumi.StringPtrInput `pulumi:"filterPolicy,optional"`
	// FilterPolicyScope is what the filter policy looks at: MessageAttributes or MessageBody, which must be JSON. Default
	// [DefaultFilterPolicyScope].
	FilterPolicyScope pulumi.StringPtrInput `pulumi:"filterPolicyScope,optional"`
}

// checkers are those of a CheckerPipeline, by name.
type checkers map[string]Checker

// resolveCheckers validates checkers, of orders or not.
func resolveCheckers(v *validator, given map[string]Checker, ofOrders bool) checkers {
	resolved := checkers{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		c, at := given[name], "Checkers."+name
		v.function(at, name)
		if ofOrders {
			if slices.Contains(checker.Required(nil), checker.Check(name)) {
				v.addf(at, "is a check of Orders")
			}
			if !unset(c.FilterPolicy) {
				v.addf(at+".FilterPolicy", "cannot be set with Orders: an order that the function does not get would wait for ever")
			}
		}
		resolved[name] = Checker(Consumer(c).resolve(v, at))
	}
	if ofOrders && len(given) > MaxCheckers {
		v.addf("Checkers", "must be at most %d with Orders, got %d", MaxCheckers, len(given))
	}
	return resolved
}

// names are the names of the checkers, sorted.
func (cs checkers) names() []string { return slices.Sorted(maps.Keys(cs)) }

// environment adds the names of the checkers to the variables of a function of orders. Without checkers it adds nothing.
func (cs checkers) environment(variables pulumi.StringMap) pulumi.StringMap {
	if len(cs) > 0 {
		variables["CHECKS"] = pulumi.String(strings.Join(cs.names(), ","))
	}
	return variables
}

// ownCheckers makes the checkers, which send to the queue of findings. An update deploys them after its consumer, which refuses the
// findings of checkers that it does not know. It returns what must be in place before something is published.
func (c *CheckerPipeline) ownCheckers(b *builder, all checkers, topic *sns.Topic, findings *queue) (ready []pulumi.Resource, err error) {
	queues, letters := pulumi.StringMap{}, pulumi.StringMap{}
	for _, name := range all.names() {
		q, inPlace, err := b.subscriber(topic, Consumer(all[name]), functionSpec{
			name: name, settings: all[name].Function,
			environment: pulumi.StringMap{"FINDINGS_QUEUE_URL": findings.Url},
			allow:       []statement{maySendFinding(findings)},
			after:       []string{findings.name},
		})
		if err != nil {
			return nil, err
		}
		queues[name], letters[name] = q.Url, q.deadLetters.Url
		ready = append(ready, inPlace...)
	}
	c.CheckerQueueUrls, c.CheckerDeadLettersUrls = queues.ToStringMapOutput(), letters.ToStringMapOutput()
	return ready, nil
}

func maySendFinding(findings *queue) statement {
	return may("SendFinding", findings.Arn, "sqs:SendMessage")
}
