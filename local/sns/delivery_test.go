package sns

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/sqs"
)

func TestServerErrorsAreRetriedOnTheScheduleOfAWS(t *testing.T) {
	for name, do := range map[string]func(context.Context, fault.Event) error{
		"throttled":   sqs.Throttled,
		"unavailable": sqs.Unavailable,
		"any other":   func(context.Context, fault.Event) error { return errors.New("the connection was reset") },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.subscribe(map[string]any{"rawMessageDelivery": true})
			attempts := make(chan time.Time, 100)
			c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Resource: storeARN, Principal: "sns.amazonaws.com", Times: 7, Do: func(ctx context.Context, e fault.Event) error {
				attempts <- c.clock.Now()
				return do(ctx, e)
			}})
			start := c.clock.Now()
			c.publish("x", nil)
			require.Len(t, attempts, 4, "the first attempt and three retries come at once")
			// Two more after a second each, then the first of the exponential ones.
			for range 3 {
				require.NoError(t, c.clock.BlockUntilContext(t.Context(), 1))
				require.Empty(t, c.bodies(storeARN))
				c.clock.Advance(time.Second)
			}
			// The seventh retry, which succeeds, comes 20^(1/9) seconds after the sixth.
			require.Eventually(t, func() bool { return len(attempts) == 7 }, 5*time.Second, time.Millisecond)
			require.NoError(t, c.clock.BlockUntilContext(t.Context(), 1))
			require.Empty(t, c.bodies(storeARN))
			c.clock.Advance(1395 * time.Millisecond)
			require.Equal(t, "x", c.arrives().Body)
			for range 4 {
				require.Equal(t, start, <-attempts)
			}
			for i := range 3 {
				require.Equal(t, start.Add(time.Duration(i+1)*time.Second), <-attempts)
			}
			require.Zero(t, c.Dropped(topicARN))
		})
	}
}

func TestRetrySchedule(t *testing.T) {
	total := 0
	for {
		wait, more := backoff(total + 1)
		if !more {
			break
		}
		total++
		switch {
		case total <= 3:
			require.Zero(t, wait)
		case total <= 6:
			require.Equal(t, time.Second, wait)
		default:
			before, _ := backoff(total - 1)
			require.GreaterOrEqual(t, wait, before)
			require.LessOrEqual(t, wait, 20*time.Second)
		}
	}
	require.Equal(t, 100_015, total)
}

func TestALostAnswerDeliversTheMessageTwice(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", When: fault.After, Times: 1, Do: sqs.Unavailable})
	c.publish("x", nil)
	require.Equal(t, []string{"x", "x"}, c.bodies(storeARN))
}

func TestAFailingQueueDoesNotDelayOtherQueues(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	c.subscribe(map[string]any{"rawMessageDelivery": true, "endpoint": deadARN})
	remove := c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Resource: storeARN, Do: sqs.Throttled})
	c.publish("x", nil)
	require.Equal(t, []string{"x"}, c.bodies(deadARN))
	require.Empty(t, c.bodies(storeARN))
	remove()
	c.clock.Advance(time.Second)
	require.Equal(t, "x", c.arrives().Body)
}

func TestRetriesEndWithTheSubscription(t *testing.T) {
	c := newCloud(t)
	arn := c.subscribe(nil)
	attempts := make(chan struct{}, 100)
	c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Do: func(ctx context.Context, e fault.Event) error {
		attempts <- struct{}{}
		return sqs.Throttled(ctx, e)
	}})
	c.publish("x", nil)
	c.remove(subscriptionType, arn)
	c.deliver(t.Context(), &delivery{topic: c.topics[topicARN], subscription: arn}) // as the timer does
	require.Len(t, attempts, 4)
	c.subscribe(nil)
	require.NoError(t, c.Close())
	c.publish("y", nil)
	require.Len(t, attempts, 4, "a closed service attempts nothing")
}

func TestClientErrorsAreNotRetried(t *testing.T) {
	eleven := map[string]types.MessageAttributeValue{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
		eleven[name] = text("String", "x")
	}
	for name, test := range map[string]struct {
		subscription map[string]any
		before       func(*cloud)
		attributes   map[string]types.MessageAttributeValue
	}{
		"the queue does not exist": {
			subscription: map[string]any{"endpoint": storeARN + "-gone"},
		},
		"the queue's policy does not allow it": {
			before:       func(c *cloud) { c.create(queueType, map[string]any{"name": "private"}) },
			subscription: map[string]any{"endpoint": "arn:aws:sqs:us-east-1:123456789012:private"},
		},
		"more attributes than a raw delivery can have": {
			subscription: map[string]any{"rawMessageDelivery": true},
			attributes:   eleven,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			if test.before != nil {
				test.before(c)
			}
			arn := c.subscribe(test.subscription)
			c.publish("x", test.attributes)
			require.EqualValues(t, 1, c.Dropped(topicARN))
			c.remove(subscriptionType, arn)
			if test.subscription == nil {
				test.subscription = map[string]any{}
			}
			test.subscription["redrivePolicy"] = `{"deadLetterTargetArn":"` + deadARN + `"}`
			c.subscribe(test.subscription)
			c.publish("y", nil)
			if test.attributes != nil {
				require.EqualValues(t, 1, c.Dropped(topicARN))
				require.Len(t, c.bodies(storeARN), 1)
				return
			}
			require.EqualValues(t, 1, c.Dropped(topicARN))
			require.Len(t, c.bodies(deadARN), 1, "the message is in the dead-letter queue")
		})
	}
}

func TestADeadLetterQueueMustAllowTheTopicToo(t *testing.T) {
	c := newCloud(t)
	c.create(queueType, map[string]any{"name": "private"})
	c.subscribe(map[string]any{
		"endpoint": storeARN + "-gone", "redrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:private"}`,
	})
	c.publish("x", nil)
	require.EqualValues(t, 1, c.Dropped(topicARN))
	require.Empty(t, c.bodies("arn:aws:sqs:us-east-1:123456789012:private"))
}

func TestFilterPolicies(t *testing.T) {
	type values = map[string]types.MessageAttributeValue
	for policy, test := range map[string]struct{ yes, no []values }{
		`{"city":["Rome","Oslo"]}`: {
			yes: []values{{"city": text("String", "Oslo")}, {"city": text("String.Array", `["Bonn","Rome"]`)}},
			no:  []values{nil, {"city": text("String", "oslo")}, {"town": text("String", "Oslo")}, {"city": text("String.Array", `["Bonn"]`)}, {"city": {DataType: text("Binary", "").DataType, BinaryValue: []byte("Oslo")}}},
		},
		`{"city":["Rome"],"n":[3]}`: {
			yes: []values{{"city": text("String", "Rome"), "n": text("Number", "3.0")}},
			no:  []values{{"city": text("String", "Rome")}, {"city": text("String", "Rome"), "n": text("String", "3")}},
		},
		`{"city":[{"prefix":"Ro"},{"suffix":"lo"},{"equals-ignore-case":"bonn"}]}`: {
			yes: []values{{"city": text("String", "Rome")}, {"city": text("String", "Oslo")}, {"city": text("String", "BONN")}},
			no:  []values{{"city": text("String", "Paris")}, {"city": text("Number", "1")}},
		},
		`{"city":[{"anything-but":["Rome","Oslo"]}]}`: {
			yes: []values{{"city": text("String", "Paris")}, {"city": text("Number", "1")}},
			no:  []values{nil, {"city": text("String", "Rome")}},
		},
		`{"city":[{"anything-but":{"prefix":"Ro"}}]}`: {
			yes: []values{{"city": text("String", "Oslo")}},
			no:  []values{{"city": text("String", "Rome")}},
		},
		`{"n":[{"numeric":[">=",1,"<",3]},{"numeric":["=",7]}]}`: {
			yes: []values{{"n": text("Number", "1")}, {"n": text("Number", "2.99")}, {"n": text("Number", "7")}},
			no:  []values{{"n": text("Number", "3")}, {"n": text("Number", "0.5")}, {"n": text("String", "2")}},
		},
		`{"city":[{"exists":true}]}`:  {yes: []values{{"city": text("String", "x")}}, no: []values{nil}},
		`{"city":[{"exists":false}]}`: {yes: []values{nil}, no: []values{{"city": text("String", "x")}}},
	} {
		t.Run(policy, func(t *testing.T) {
			c := newCloud(t)
			c.subscribe(map[string]any{"filterPolicy": policy, "rawMessageDelivery": true})
			for _, attributes := range test.no {
				c.publish("no", attributes)
			}
			require.Empty(t, c.bodies(storeARN))
			for _, attributes := range test.yes {
				c.publish("yes", attributes)
			}
			require.Len(t, c.bodies(storeARN), len(test.yes))
			require.Zero(t, c.Dropped(topicARN), "a message that is filtered out is not dropped")
		})
	}
}

func TestFilterPoliciesOfBodies(t *testing.T) {
	for policy, test := range map[string]struct{ yes, no []string }{
		`{"kind":["picture",null],"size":[{"numeric":[">",3]}]}`: {
			yes: []string{`{"kind":"picture","size":4}`, `{"kind":["film","picture"],"size":[1,5],"x":1}`, `{"kind":null,"size":4}`},
			no:  []string{`{"kind":"film","size":4}`, `{"size":4}`, `{"kind":"picture","size":"4"}`, `{"kind":"picture"}`, `[{"kind":"picture","size":4}]`, "null", "picture", ""},
		},
		`{"picture":{"format":[{"anything-but":["gif"]}],"owner":{"name":[{"prefix":"a"}]}}}`: {
			yes: []string{`{"picture":{"format":"png","owner":{"name":"ann"}}}`, `{"picture":[{"format":"gif"},{"format":"png","owner":[{"name":"ann"}]}]}`},
			no: []string{`{"picture":{"format":"gif","owner":{"name":"ann"}}}`, `{"picture":{"format":"png","owner":"ann"}}`, `{"picture":{"format":"png"}}`, `{}`,
				`{"picture":[{"format":"gif","owner":{"name":"ann"}},{"format":"png"}]}`},
		},
		`{"picture":{"thumbnail":[{"exists":false}]}}`: {
			yes: []string{`{}`, `{"picture":1}`, `{"picture":{"format":"png"}}`},
			no:  []string{`{"picture":{"thumbnail":"t"}}`, `{"picture":{"thumbnail":null}}`},
		},
	} {
		t.Run(policy, func(t *testing.T) {
			c := newCloud(t)
			c.subscribe(map[string]any{"filterPolicy": policy, "filterPolicyScope": "MessageBody", "rawMessageDelivery": true})
			for _, body := range test.no {
				if body != "" { // which SNS refuses
					c.publish(body, nil)
				}
			}
			require.Empty(t, c.bodies(storeARN))
			for _, body := range test.yes {
				c.publish(body, nil)
			}
			require.ElementsMatch(t, test.yes, c.bodies(storeARN))
			list, err := c.client.ListSubscriptionsByTopic(t.Context(), &sdk.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)})
			require.NoError(t, err)
			got, err := c.client.GetSubscriptionAttributes(t.Context(), &sdk.GetSubscriptionAttributesInput{SubscriptionArn: list.Subscriptions[0].SubscriptionArn})
			require.NoError(t, err)
			require.Equal(t, "MessageBody", got.Attributes["FilterPolicyScope"])
			require.Equal(t, policy, got.Attributes["FilterPolicy"])
		})
	}
}

func BenchmarkPublishToTwoQueues(b *testing.B) {
	c := newCloud(b)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	c.subscribe(map[string]any{"rawMessageDelivery": true, "endpoint": deadARN})
	b.ReportAllocs()
	for b.Loop() {
		c.publish("x", nil)
	}
}
