package sns

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func TestLifecycleOfATopicAndItsPolicy(t *testing.T) {
	c := newCloud(t)
	inputs := map[string]any{"name": "news", "kmsMasterKeyId": "alias/aws/sns", "tracingConfig": "Active", "tags": map[string]any{"team": "coffee"}}
	id := c.create(topicType, inputs)
	require.Equal(t, "arn:aws:sns:us-east-1:123456789012:news", id)
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"` + id + `"}]}`
	policyInputs := map[string]any{"arn": id, "policy": policy}
	require.Equal(t, id, c.create(topicPolicyType, policyInputs))
	gone, changes := c.refreshed(topicType, id, inputs)
	require.False(t, gone)
	require.Empty(t, changes, "a policy that another resource owns is no drift")
	_, changes = c.refreshed(topicPolicyType, id, policyInputs)
	require.Empty(t, changes)

	got, err := c.client.GetTopicAttributes(t.Context(), &sdk.GetTopicAttributesInput{TopicArn: &id})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"TopicArn": id, "Owner": "123456789012", "Policy": policy, "DisplayName": "", "KmsMasterKeyId": "alias/aws/sns", "TracingConfig": "Active",
		"SubscriptionsConfirmed": "0", "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
	}, got.Attributes)
	list, err := c.client.ListTopics(t.Context(), &sdk.ListTopicsInput{})
	require.NoError(t, err)
	require.Len(t, list.Topics, 2)

	_, err = c.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(topicType), Id: id, News: c.props(map[string]any{"name": "news"})})
	require.NoError(t, err)
	_, changes = c.refreshed(topicType, id, inputs)
	require.ElementsMatch(t, []string{"kmsMasterKeyId", "tags", "tracingConfig"}, changes)
	_, changes = c.refreshed(topicPolicyType, id, policyInputs)
	require.Empty(t, changes, "an update of the topic does not change the policy")
	c.remove(topicPolicyType, id)
	gone, _ = c.refreshed(topicPolicyType, id, policyInputs)
	require.True(t, gone)

	_, err = c.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(topicType), Properties: c.props(inputs)})
	require.ErrorContains(t, err, "exists already")
	for range 2 {
		c.remove(topicType, id)
	}
	gone, _ = c.refreshed(topicType, id, inputs)
	require.True(t, gone)
	c.remove(topicPolicyType, id)
	_, err = c.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(topicPolicyType), Properties: c.props(policyInputs)})
	require.ErrorContains(t, err, "NotFound")
}

func TestLifecycleOfASubscription(t *testing.T) {
	c := newCloud(t)
	inputs := map[string]any{
		"topic": topicARN, "protocol": "sqs", "endpoint": storeARN, "rawMessageDelivery": true,
		"filterPolicy": `{"city":["Rome"]}`, "redrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `"}`,
	}
	id := c.create(subscriptionType, inputs)
	require.Regexp(t, `^`+topicARN+`:[0-9a-f-]{36}$`, id)
	_, changes := c.refreshed(subscriptionType, id, inputs)
	require.Empty(t, changes)
	got, err := c.client.GetSubscriptionAttributes(t.Context(), &sdk.GetSubscriptionAttributesInput{SubscriptionArn: &id})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"SubscriptionArn": id, "TopicArn": topicARN, "Owner": "123456789012", "Protocol": "sqs", "Endpoint": storeARN, "RawMessageDelivery": "true",
		"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "true", "FilterPolicy": `{"city":["Rome"]}`,
		"FilterPolicyScope": "MessageAttributes", "RedrivePolicy": inputs["redrivePolicy"].(string),
	}, got.Attributes)
	_, err = c.client.GetSubscriptionAttributes(t.Context(), &sdk.GetSubscriptionAttributesInput{SubscriptionArn: aws.String(topicARN + ":x")})
	require.Equal(t, "NotFound", code(err))
	all, err := c.client.ListSubscriptions(t.Context(), &sdk.ListSubscriptionsInput{})
	require.NoError(t, err)
	require.Equal(t, id, *all.Subscriptions[0].SubscriptionArn)
	require.Equal(t, storeARN, *all.Subscriptions[0].Endpoint)

	c.publish("filtered", nil)
	require.Empty(t, c.bodies(storeARN))
	_, err = c.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(subscriptionType), Id: id, News: c.props(map[string]any{"topic": topicARN, "protocol": "sqs", "endpoint": storeARN})})
	require.NoError(t, err)
	c.publish("in an envelope", nil)
	require.Contains(t, c.bodies(storeARN)[0], `"Message":"in an envelope"`)
	_, changes = c.refreshed(subscriptionType, id, inputs)
	require.ElementsMatch(t, []string{"rawMessageDelivery", "filterPolicy", "redrivePolicy"}, changes)

	_, err = c.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(subscriptionType), Properties: c.props(inputs)})
	require.ErrorContains(t, err, "subscribed to the topic already")
	c.remove(subscriptionType, id)
	c.publish("to nobody", nil)
	require.Empty(t, c.bodies(storeARN))
	gone, _ := c.refreshed(subscriptionType, id, inputs)
	require.True(t, gone)
	_, err = c.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(subscriptionType), Id: id, News: c.props(inputs)})
	require.ErrorContains(t, err, "NotFound")

	id = c.create(subscriptionType, inputs)
	c.remove(topicType, topicARN)
	gone, _ = c.refreshed(subscriptionType, id, inputs)
	require.True(t, gone, "deleting a topic deletes its subscriptions")
	_, err = c.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(subscriptionType), Properties: c.props(inputs)})
	require.ErrorContains(t, err, "Topic does not exist")
	c.remove(subscriptionType, id)
}

func TestBadInputsAreRefusedByName(t *testing.T) {
	c := newCloud(t)
	for name, test := range map[string]struct {
		kind, property string
		value          any
		want           string
	}{
		"FIFO":             {topicType, "fifoTopic", true, "fifoTopic is not supported"},
		"FIFO name":        {topicType, "name", "orders.fifo", "name must be"},
		"delivery policy":  {topicType, "deliveryPolicy", "{}", "deliveryPolicy is not supported"},
		"archive":          {topicType, "archivePolicy", "{}", "archivePolicy is not supported"},
		"topic's policy":   {topicType, "policy", "{}", "policy is not supported"},
		"policy":           {topicPolicyType, "policy", "{}", "policy is not accepted"},
		"protocol":         {subscriptionType, "protocol", "lambda", `must be one of ["sqs" "email"], got "lambda"`},
		"https":            {subscriptionType, "protocol", "https", `must be one of ["sqs" "email"], got "https"`},
		"endpoint":         {subscriptionType, "endpoint", "store", "ARN of a standard queue"},
		"endpoint FIFO":    {subscriptionType, "endpoint", storeARN + ".fifo", "ARN of a standard queue"},
		"no scope":         {subscriptionType, "filterPolicyScope", "Body", `must be one of ["MessageAttributes" "MessageBody"], got "Body"`},
		"role":             {subscriptionType, "subscriptionRoleArn", "x", "subscriptionRoleArn is not supported"},
		"redrive":          {subscriptionType, "redrivePolicy", `{}`, "deadLetterTargetArn"},
		"redrive JSON":     {subscriptionType, "redrivePolicy", `{`, "redrivePolicy is not accepted"},
		"filter":           {subscriptionType, "filterPolicy", `[]`, "filterPolicy is not accepted"},
		"filter empty":     {subscriptionType, "filterPolicy", `{}`, "must have a key"},
		"filter key empty": {subscriptionType, "filterPolicy", `{"a":[]}`, "a: must be an object or a list of conditions, and not be empty"},
		"filter key value": {subscriptionType, "filterPolicy", `{"a":"b"}`, "a: must be an object or a list of conditions"},
		"filter below":     {subscriptionType, "filterPolicy", `{"a":{"b":["c"]}}`, "has nested keys, which only the filterPolicyScope MessageBody may have"},
		"filter six":       {subscriptionType, "filterPolicy", `{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}`, "1 to 5 keys"},
		"filter operator":  {subscriptionType, "filterPolicy", `{"a":[{"cidr":"10.0.0.0/8"}]}`, `operator "cidr"`},
		"filter two":       {subscriptionType, "filterPolicy", `{"a":[{"prefix":"a","suffix":"b"}]}`, "one operator"},
		"filter nested":    {subscriptionType, "filterPolicy", `{"a":[["b"]]}`, "a condition must be"},
		"filter but":       {subscriptionType, "filterPolicy", `{"a":[{"anything-but":[["b"]]}]}`, "anything-but"},
		"filter numeric":   {subscriptionType, "filterPolicy", `{"a":[{"numeric":["~",1]}]}`, "numeric"},
		"filter numbers":   {subscriptionType, "filterPolicy", `{"a":[{"numeric":["="]}]}`, "numeric"},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := map[string]map[string]any{
				topicType: {}, topicPolicyType: {"arn": topicARN},
				subscriptionType: {"topic": topicARN, "protocol": "sqs", "endpoint": storeARN},
			}[test.kind]
			inputs[test.property] = test.value
			failures := c.check(test.kind, inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), test.want)
		})
	}
}
