package kinesis

import (
	"fmt"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
)

func (c *cloud) register(t testing.TB, name string) string {
	t.Helper()
	arn, _ := c.MustDeploy(t, consumerType, map[string]any{"name": name, "streamArn": ordersARN})
	return arn
}

func TestConsumersAreRegisteredAndListed(t *testing.T) {
	c := newOrders(t, 1)
	arn := c.register(t, "reader")
	require.Equal(t, fmt.Sprintf("%s/consumer/reader:%d", ordersARN, c.Clock.Now().Unix()), arn)
	_, _, err := c.Deploy(t, consumerType, map[string]any{"name": "reader", "streamArn": ordersARN})
	require.ErrorContains(t, err, "ResourceInUseException")

	described, err := c.client.ListStreamConsumers(t.Context(), &sdk.ListStreamConsumersInput{StreamARN: &ordersARN})
	require.NoError(t, err)
	d := described.Consumers[0]
	require.Equal(t, arn, *d.ConsumerARN)
	require.Equal(t, types.ConsumerStatusActive, d.ConsumerStatus)
	require.WithinDuration(t, c.Clock.Now(), *d.ConsumerCreationTimestamp, time.Second)
	st, consumer, err := c.s.resolve(arn)
	require.NoError(t, err)
	require.Equal(t, []any{ordersARN, true}, []any{st.arn, consumer})
	st, consumer, err = c.s.resolve(ordersARN)
	require.NoError(t, err)
	require.Equal(t, []any{ordersARN, false}, []any{st.arn, consumer})
	require.True(t, c.s.Exists(arn) && c.s.Exists(ordersARN))
	for _, absent := range []string{ordersARN + "/consumer/reader:1", StreamARN("other"), "x", ""} {
		require.False(t, c.s.Exists(absent), absent)
	}

	for i := range maxConsumers - 1 {
		c.register(t, fmt.Sprint("other", i))
	}
	_, _, err = c.Deploy(t, consumerType, map[string]any{"name": "more", "streamArn": ordersARN})
	require.ErrorContains(t, err, "LimitExceededException")
	list, err := c.client.ListStreamConsumers(t.Context(), &sdk.ListStreamConsumersInput{StreamARN: &ordersARN})
	require.NoError(t, err)
	names := map[string]bool{}
	for _, one := range list.Consumers {
		names[*one.ConsumerName] = true
	}
	require.Len(t, names, maxConsumers)

	require.NoError(t, c.Delete(t, consumerType, arn))
	require.False(t, c.s.Exists(arn))
}

func TestAConsumerIsReadWithItsOwnPermission(t *testing.T) {
	c := newOrders(t, 1)
	arn := c.register(t, "reader")
	reader, _ := c.Role(t, "reader", statement(`"kinesis:SubscribeToShard"`, ordersARN+"/consumer/*"))
	_, err := c.s.Read(t.Context(), reader, arn, shard0, Position{Type: "LATEST"}, 10)
	require.NoError(t, err)
	other, _ := c.Role(t, "other", statement(`"kinesis:*"`, ordersARN))
	_, err = c.s.Read(t.Context(), other, arn, shard0, Position{Type: "LATEST"}, 10)
	var denied *policy.DeniedError
	require.ErrorAs(t, err, &denied)
	_, err = c.s.Read(t.Context(), c.admin, ordersARN+"/consumer/x:1", shard0, Position{Type: "LATEST"}, 10)
	require.ErrorContains(t, err, "ResourceNotFoundException")
}
