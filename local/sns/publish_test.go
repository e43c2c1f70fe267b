package sns

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/sqs"
)

var sample = map[string]types.MessageAttributeValue{
	"city":  text("String", "Köln"),
	"count": text("Number", "3"),
	"kinds": text("String.Array", `["a","b"]`),
	"raw":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
}

func TestRawDeliveryOmitsTheEnvelope(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
	_, err := c.client.Publish(t.Context(), &sdk.PublishInput{
		TopicArn: aws.String(topicARN), Message: aws.String(`{"a":"<é&>"}`), Subject: aws.String("lost in raw delivery"), MessageAttributes: sample,
	}, sdk.WithAPIOptions(smithyhttp.AddHeaderValue("X-Amzn-Trace-Id", trace)))
	require.NoError(t, err)
	got := c.received(storeARN)
	require.Len(t, got, 1)
	require.Equal(t, `{"a":"<é&>"}`, got[0].Body)
	require.Equal(t, map[string]sqs.MessageAttribute{
		"city":  {DataType: "String", StringValue: "Köln"},
		"count": {DataType: "Number", StringValue: "3"},
		"kinds": {DataType: "String.Array", StringValue: `["a","b"]`},
		"raw":   {DataType: "Binary", BinaryValue: []byte{0, 255}},
	}, got[0].MessageAttributes)
	require.Equal(t, trace, got[0].Attributes["AWSTraceHeader"])
	require.Equal(t, "sns.amazonaws.com", got[0].Attributes["SenderId"])
}

func TestEnvelopeOfANotification(t *testing.T) {
	c := newCloud(t)
	arn := c.subscribe(nil)
	out, err := c.client.Publish(t.Context(), &sdk.PublishInput{
		TopicArn: aws.String(topicARN), Message: aws.String("<hello>"), Subject: aws.String("new order"), MessageAttributes: sample,
	})
	require.NoError(t, err)
	got := c.received(storeARN)[0]
	require.Empty(t, got.MessageAttributes)
	var e map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.Body), &e))
	require.Contains(t, got.Body, "<hello>")
	require.Equal(t, map[string]any{
		"Type": "Notification", "MessageId": *out.MessageId, "TopicArn": topicARN, "Subject": "new order", "Message": "<hello>",
		"Timestamp":        c.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"SignatureVersion": "1", "Signature": e["Signature"], "SigningCertURL": e["SigningCertURL"], "UnsubscribeURL": e["UnsubscribeURL"],
		"MessageAttributes": map[string]any{
			"city":  map[string]any{"Type": "String", "Value": "Köln"},
			"count": map[string]any{"Type": "Number", "Value": "3"},
			"kinds": map[string]any{"Type": "String.Array", "Value": `["a","b"]`},
			"raw":   map[string]any{"Type": "Binary", "Value": "AP8="},
		},
	}, e)
	require.Contains(t, e["UnsubscribeURL"], strings.ReplaceAll(arn, ":", "%3A"))
	c.publish("plain", nil)
	require.NotContains(t, c.received(storeARN)[0].Body, "Subject")
}

func TestEverySubscriptionReceivesTheMessage(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	c.subscribe(map[string]any{"rawMessageDelivery": true, "endpoint": deadARN})
	for i := range 3 {
		c.publish(fmt.Sprint(i), map[string]types.MessageAttributeValue{})
	}
	require.Equal(t, []string{"0", "1", "2"}, c.bodies(storeARN))
	require.Equal(t, []string{"0", "1", "2"}, c.bodies(deadARN))
}

func TestInvalidPublishesAreRefused(t *testing.T) {
	c := newCloud(t)
	c.subscribe(nil)
	type values = map[string]types.MessageAttributeValue
	good := func(change func(*sdk.PublishInput)) *sdk.PublishInput {
		in := &sdk.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("x")}
		change(in)
		return in
	}
	for name, test := range map[string]struct {
		in         *sdk.PublishInput
		code, want string
	}{
		"no topic":      {good(func(in *sdk.PublishInput) { in.TopicArn = nil }), "InvalidParameter", "TopicArn"},
		"other topic":   {good(func(in *sdk.PublishInput) { in.TopicArn = aws.String(topicARN + "s") }), "NotFound", "Topic does not exist"},
		"other account": {good(func(in *sdk.PublishInput) { in.TopicArn = aws.String("arn:aws:sns:us-east-1:999999999999:orders") }), "InvalidParameter", "TopicArn"},
		"telephone":     {good(func(in *sdk.PublishInput) { in.TopicArn, in.PhoneNumber = nil, aws.String("+1") }), "InvalidParameter", "PhoneNumber"},
		"FIFO":          {good(func(in *sdk.PublishInput) { in.MessageGroupId = aws.String("g") }), "InvalidParameter", "MessageGroupId"},
		"structure":     {good(func(in *sdk.PublishInput) { in.MessageStructure = aws.String("json") }), "InvalidParameter", "MessageStructure"},
		"empty":         {good(func(in *sdk.PublishInput) { in.Message = aws.String("") }), "InvalidParameter", "Empty message"},
		"too long":      {good(func(in *sdk.PublishInput) { in.Message = aws.String(strings.Repeat("x", 256<<10+1)) }), "InvalidParameter", "too long"},
		"attributes count": {good(func(in *sdk.PublishInput) {
			in.Message, in.MessageAttributes = aws.String(strings.Repeat("x", 256<<10)), sample
		}), "InvalidParameter", "too long"},
		"subject":         {good(func(in *sdk.PublishInput) { in.Subject = aws.String(strings.Repeat("x", 101)) }), "InvalidParameter", "Subject"},
		"attribute type":  {good(func(in *sdk.PublishInput) { in.MessageAttributes = values{"a": text("Text", "x")} }), "InvalidParameter", `type of the message attribute "a" must be one of`},
		"attribute value": {good(func(in *sdk.PublishInput) { in.MessageAttributes = values{"a": text("String", "")} }), "InvalidParameter", "non-empty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.Publish(t.Context(), test.in)
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.code, code(err))
		})
	}
	_, err := c.client.PublishBatch(t.Context(), &sdk.PublishBatchInput{TopicArn: aws.String(topicARN)})
	require.ErrorContains(t, err, "PublishBatch")
	_, err = c.client.CreateTopic(t.Context(), &sdk.CreateTopicInput{Name: aws.String("x")})
	require.ErrorContains(t, err, "CreateTopic")
	require.Empty(t, c.bodies(storeARN), "no refused message was delivered")
}

// role makes a role with a policy that allows one action, and a client with its session.
func (c *cloud) role(name, action string) *sdk.Client {
	c.create("aws:iam/role:Role", map[string]any{"name": name, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}`})
	c.create("aws:iam/rolePolicy:RolePolicy", map[string]any{"role": name, "name": name, "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + topicARN + `"}]}`})
	_, creds, err := c.iam.AssumeRole("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/"+name, "x", nil)
	require.NoError(c.t, err)
	return c.clientFor(creds)
}

func TestPublishingNeedsItsPermission(t *testing.T) {
	c := newCloud(t)
	in := &sdk.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("x")}
	_, err := c.role("publisher", "sns:Publish").Publish(t.Context(), in)
	require.NoError(t, err)
	reader := c.role("reader", "sns:GetTopicAttributes")
	_, err = reader.Publish(t.Context(), in)
	require.Equal(t, "AuthorizationError", code(err))
	require.ErrorContains(t, err, "assumed-role/reader/x is not authorized to perform: SNS:Publish on resource: "+topicARN)
	require.ErrorContains(t, err, "StatusCode: 403")
	_, err = reader.ListTopics(t.Context(), &sdk.ListTopicsInput{})
	require.Equal(t, "AuthorizationError", code(err))
	_, err = reader.ListSubscriptions(t.Context(), &sdk.ListSubscriptionsInput{})
	require.Equal(t, "AuthorizationError", code(err))
	_, err = reader.GetTopicAttributes(t.Context(), &sdk.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	require.NoError(t, err)

	id := c.create(topicPolicyType, map[string]any{"arn": topicARN, "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"},"Action":"sns:Publish","Resource":"` + topicARN + `"}]}`})
	_, err = reader.Publish(t.Context(), in)
	require.NoError(t, err, "the topic's policy allows it too")
	c.remove(topicPolicyType, id)
	_, err = reader.Publish(t.Context(), in)
	require.Equal(t, "AuthorizationError", code(err))
}
