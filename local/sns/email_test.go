package sns

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func TestAnEmailSubscriptionStaysPending(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	inputs := map[string]any{"topic": topicARN, "protocol": "email", "endpoint": "shop@example.com"}
	created, err := c.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(subscriptionType), Properties: c.check(subscriptionType, inputs).GetInputs()})
	require.NoError(t, err)
	state := created.GetProperties().AsMap()
	require.Regexp(t, `^`+topicARN+`:[0-9a-f-]{36}$`, created.GetId(), "the provider gets the ARN of a pending subscription")
	require.Equal(t, created.GetId(), state["arn"])
	require.Equal(t, true, state["pendingConfirmation"])
	require.Equal(t, false, state["confirmationWasAuthenticated"])
	_, changes := c.refreshed(subscriptionType, created.GetId(), inputs)
	require.Empty(t, changes)

	got, err := c.client.GetSubscriptionAttributes(t.Context(), &sdk.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(created.GetId())})
	require.NoError(t, err)
	require.Equal(t, "true", got.Attributes["PendingConfirmation"])
	require.Equal(t, "false", got.Attributes["ConfirmationWasAuthenticated"])
	listed, err := c.client.ListSubscriptionsByTopic(t.Context(), &sdk.ListSubscriptionsByTopicInput{TopicArn: aws.String(topicARN)})
	require.NoError(t, err)
	arns := map[string]string{}
	for _, sub := range listed.Subscriptions {
		arns[*sub.Endpoint] = *sub.SubscriptionArn
	}
	require.Equal(t, "PendingConfirmation", arns["shop@example.com"])
	require.Contains(t, arns[storeARN], topicARN)
	topic, err := c.client.GetTopicAttributes(t.Context(), &sdk.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	require.NoError(t, err)
	require.Equal(t, "1", topic.Attributes["SubscriptionsPending"])
	require.Equal(t, "1", topic.Attributes["SubscriptionsConfirmed"])

	c.publish("hello", nil)
	require.Equal(t, []string{"hello"}, c.bodies(storeARN), "other subscriptions are not delayed")
	require.Zero(t, c.Dropped(topicARN), "a pending subscription is not a failed delivery")

	c.remove(subscriptionType, created.GetId())
	gone, _ := c.refreshed(subscriptionType, created.GetId(), inputs)
	require.True(t, gone)
}

func TestInvalidEmailSubscriptionsAreRefused(t *testing.T) {
	c := newCloud(t)
	for name, test := range map[string]struct {
		property string
		value    any
		want     string
	}{
		"address": {"endpoint", "shop", `must be an e-mail address, got "shop"`},
		"queue":   {"endpoint", storeARN, "must be an e-mail address"},
		"timeout": {"confirmationTimeoutInMinutes", 1, "confirmationTimeoutInMinutes is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := map[string]any{"topic": topicARN, "protocol": "email", "endpoint": "shop@example.com"}
			inputs[test.property] = test.value
			failures := c.check(subscriptionType, inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), test.want)
		})
	}
}
