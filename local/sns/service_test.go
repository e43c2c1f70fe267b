package sns

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// session makes a role that may do one action, and returns a session of it.
func (c *cloud) session(name, action string) policy.Principal {
	c.t.Helper()
	c.role(name, action)
	p, _, err := c.iam.AssumeRole("lambda.amazonaws.com", "arn:aws:iam::123456789012:role/"+name, "x", nil)
	require.NoError(c.t, err)
	return p
}

// Subscriptions come from Pulumi only.
func TestSubscribeIsRefusedByName(t *testing.T) {
	c := newCloud(t)
	_, err := c.client.Subscribe(t.Context(), &sdk.SubscribeInput{TopicArn: aws.String(topicARN), Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:us-east-1:123456789012:q")})
	require.Contains(t, cloudtest.Refused(t, err, "InvalidAction"), `the action "Subscribe"`)
}

func TestAnotherServicePublishes(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true, "filterPolicy": `{"city":[{"exists":false}]}`})
	in := Publication{
		TopicARN: topicARN, Message: "placed", Subject: aws.String("An order"), TraceHeader: "Root=1-5e1b4151-5ac6c58f5b5daa6532e9a1fc",
	}
	id, err := c.Publish(t.Context(), c.session("machine", "sns:Publish"), in)
	require.NoError(t, err)
	require.NotEmpty(t, id)
	got := c.received(storeARN)
	require.Len(t, got, 1)
	require.Equal(t, "placed", got[0].Body)
	require.Equal(t, in.TraceHeader, got[0].Attributes["AWSTraceHeader"])
}

func TestInvalidPublishesOfAnotherServiceAreRefused(t *testing.T) {
	c := newCloud(t)
	c.subscribe(nil)
	machine := c.session("machine", "sns:Publish")
	for name, test := range map[string]struct {
		p    policy.Principal
		in   Publication
		code string
		text string
	}{
		"no permission": {c.session("reader", "sns:ListTopics"), Publication{TopicARN: topicARN, Message: "x"}, "AuthorizationError", "SNS:Publish on resource: " + topicARN},
		"no topic":      {c.admin, Publication{TopicARN: topicARN + "s", Message: "x"}, "NotFound", "Topic does not exist"},
		"no ARN":        {machine, Publication{TopicARN: "orders", Message: "x"}, "InvalidParameter", "TopicArn"},
		"empty":         {machine, Publication{TopicARN: topicARN}, "InvalidParameter", "Empty message"},
		"long":          {machine, Publication{TopicARN: topicARN, Message: strings.Repeat("x", 256<<10+1)}, "InvalidParameter", "Message too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Publish(t.Context(), test.p, test.in)
			var refused *wire.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.code, refused.Code)
			require.Contains(t, refused.Message, test.text)
		})
	}
	require.Empty(t, c.received(storeARN))
}

func TestFaultsOfAnotherServicesPublish(t *testing.T) {
	c := newCloud(t)
	c.subscribe(map[string]any{"rawMessageDelivery": true})
	machine := c.session("machine", "sns:Publish")
	in := Publication{TopicARN: topicARN, Message: "x"}

	c.account.Faults.Add(fault.Rule{Action: "sns:Publish", Times: 1, Do: Throttled})
	_, err := c.Publish(t.Context(), machine, in)
	require.ErrorContains(t, err, "Throttled")
	require.Empty(t, c.received(storeARN), "a throttled publish has no effect")

	c.account.Faults.Add(fault.Rule{Action: "sns:Publish", When: fault.After, Times: 1, Do: func(context.Context, fault.Event) error {
		return wire.Errorf(500, "InternalError", "lost")
	}})
	_, err = c.Publish(t.Context(), machine, in)
	require.ErrorContains(t, err, "lost")
	require.Equal(t, []string{"x"}, c.bodies(storeARN), "only the answer is lost, not the message")
}
