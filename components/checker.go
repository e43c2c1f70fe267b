package components

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/order/checker"
)

// Checker is a function of your own in a CheckerPipeline. It takes published messages from its queue, in batches, checks them, and sends
// findings to the queue of findings.
//
// The function is invoked with an SQS event. The body of each record is the message as it was published. The function must answer with the
// ids of the messages that failed; only those are delivered again:
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
//
// The function gets the variables FINDINGS_QUEUE_URL, QUEUE_URL and DEAD_LETTERS_URL. It may send findings to the first, change the
// visibility timeout of messages in the second, and send messages that can never succeed to the third.
//
// With Orders, the function checks orders, and each order waits for its finding: {"orderId": "...", "check": "the name of the checker",
// "passed": true, "log": "a line for the order's logs"}. All four members are required. The log has 1 to 16384 characters. update-order
// moves any other message to its dead-letter queue. If a finding is repeated, the first one counts.
type Checker struct {
	// Function is the function that checks messages. Default size [WorkerSize].
	Function Function `pulumi:"function"`
	// Queue configures the queue between the topic and the function. Default batches of [DefaultConsumerBatchSize].
	Queue QueueSettings `pulumi:"queue,optional"`
	// FilterPolicy is an SNS filter policy, as JSON: the function gets only messages that match it. Default: all messages. It cannot be set
	// with Orders, because an order would wait forever for a check that does not get it.
	// https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
	FilterPolicy pulumi.StringPtrInput `pulumi:"filterPolicy,optional"`
	// FilterPolicyScope is what the filter policy applies to: MessageAttributes, or MessageBody, which must be JSON. Default
	// [DefaultFilterPolicyScope].
	FilterPolicyScope pulumi.StringPtrInput `pulumi:"filterPolicyScope,optional"`
}

// checkers are the Checkers of a CheckerPipeline, by name.
type checkers map[string]Checker

// resolveCheckers validates checkers. ofOrders says whether they check Orders.
func resolveCheckers(v *validator, given map[string]Checker, ofOrders bool) checkers {
	resolved := checkers{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		c, at := given[name], "Checkers."+name
		v.function(at, name)
		if ofOrders {
			if slices.Contains(checker.Required(nil), checker.Check(name)) {
				v.addf(at, "is the name of a check of Orders")
			}
			if !unset(c.FilterPolicy) {
				v.addf(at+".FilterPolicy", "cannot be set with Orders: an order that the function does not get would wait forever")
			}
		}
		resolved[name] = Checker(Consumer(c).resolve(v, at))
	}
	if ofOrders && len(given) > MaxCheckers {
		v.addf("Checkers", "must be at most %d with Orders, got %d", MaxCheckers, len(given))
	}
	return resolved
}

// names returns the names of the checkers, sorted.
func (cs checkers) names() []string { return slices.Sorted(maps.Keys(cs)) }

// environment adds the names of the checkers to the variables of a function of Orders. Without checkers it adds nothing.
func (cs checkers) environment(variables pulumi.StringMap) pulumi.StringMap {
	if len(cs) > 0 {
		variables["CHECKS"] = pulumi.String(strings.Join(cs.names(), ","))
	}
	return variables
}

// ownCheckers creates the checkers, which send to the queue of findings. An update deploys them after the consumer of that queue, which
// refuses findings of checkers that it does not know. ready must exist before a message is published.
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
