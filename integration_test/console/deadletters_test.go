package console

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"
)

// giveUpEarly makes a queue move messages to its dead-letter queue after two receives, for a test. By default that takes days.
func giveUpEarly(t *testing.T, queueName string) {
	t.Helper()
	client := sqs.NewFromConfig(served.cloud.Admin.Config(served.cloud.Endpoint))
	found, err := client.ListQueues(t.Context(), &sqs.ListQueuesInput{QueueNamePrefix: &queueName})
	require.NoError(t, err)
	for _, url := range found.QueueUrls {
		a, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameRedrivePolicy}})
		require.NoError(t, err)
		var policy map[string]any
		if json.Unmarshal([]byte(a.Attributes["RedrivePolicy"]), &policy) != nil {
			continue // a dead-letter queue has none
		}
		policy["maxReceiveCount"] = 1
		after, err := json.Marshal(policy)
		require.NoError(t, err)
		set := func(policy string) {
			_, err := client.SetQueueAttributes(context.Background(), &sqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"RedrivePolicy": policy}})
			require.NoError(t, err)
		}
		set(string(after))
		t.Cleanup(func() { set(a.Attributes["RedrivePolicy"]) })
		return
	}
	require.FailNow(t, "no queue", queueName)
}

func TestDeadLettersAreRedrivenUntilTheOrderIsDone(t *testing.T) {
	giveUpEarly(t, "fanout-store-order")
	p := open(t, desktop, "light")
	remove := p.inject("node-fanout-orders@DynamoDB", "deny")
	id := p.place("fanout")
	p.click("clock-30") // the second receive is due

	p.click("tab-map")
	p.click("node-fanout-store-order-dead-letters")
	p.shows("deadletters-fanout-store-order-dead-letters", "received")
	require.Empty(t, p.violations())
	p.click("tab-map")
	p.eventually("the queue is red", red, "node-fanout-store-order-dead-letters")
	p.follow(id)
	p.shows("story-status", "failed")
	p.see("story-reason")
	p.see("story-deadletter")

	remove()
	p.click("tab-map")
	p.click("node-fanout-store-order-dead-letters")
	p.click("redrive-fanout-store-order-dead-letters")
	p.shows("deadletters-fanout-store-order-dead-letters", "None")
	p.follow(id)
	p.shows("story-status", "done")
}

func TestAPausedConsumerLeavesOrdersWaiting(t *testing.T) {
	p := open(t, desktop, "light")
	p.see("tab-act")
	p.click("tab-act")
	p.click("pause-eventstream-events")
	p.shows("pause-eventstream-events", "Resume")
	t.Cleanup(func() { // a test that failed leaves nothing paused
		for _, c := range api[struct {
			Components []struct {
				Nodes []struct{ Consumers []string }
			}
		}](t, "GET", "/api/map", nil).Components {
			for _, n := range c.Nodes {
				for _, mapping := range n.Consumers {
					ask(t, "POST", "/api/pause", map[string]any{"mapping": mapping, "paused": false})
				}
			}
		}
	})
	id := p.place("eventstream")
	p.follow(id)
	p.shows("story-where", "eventstream-events")
	p.click("tab-act")
	p.click("pause-eventstream-events")
	p.shows("pause-eventstream-events", "Pause")
	p.follow(id)
	p.shows("story-status", "done")
}
