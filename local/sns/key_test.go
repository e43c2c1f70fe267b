package sns

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// usedKeys records who uses keys.
type usedKeys []account.KeyUse

func (k *usedKeys) Use(_ context.Context, u account.KeyUse, _ ...string) error {
	*k = append(*k, u)
	return nil
}

// The policy of a key may let CloudWatch use it for some alarms only.
func TestTheKeyOfATopicIsUsedForTheResourceThatAServicePublishesFor(t *testing.T) {
	c, used := newCloud(t), &usedKeys{}
	c.account.Keys = used
	const alarm = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:orders-errors"
	arn := c.create(topicType, map[string]any{"name": "alarms", "kmsMasterKeyId": "key"})
	c.create(topicPolicyType, map[string]any{"arn": arn, "policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"` + arn + `"}]}`})
	_, err := c.Publish(t.Context(), policy.ServicePrincipal("cloudwatch.amazonaws.com"), Publication{TopicARN: arn, Message: "m", Source: alarm})
	require.NoError(t, err)
	require.Len(t, *used, 1)
	require.Equal(t, "cloudwatch.amazonaws.com", (*used)[0].Principal.Service)
	require.Equal(t, alarm, (*used)[0].Keys["aws:SourceArn"])
	require.Equal(t, account.ID, (*used)[0].Keys["aws:SourceAccount"])
}
