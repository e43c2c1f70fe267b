package kinesis

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestAStreamHasTheDefaultsOfTheProvider(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, streamType, map[string]any{"shardCount": 2})
	name := state["name"].(string)
	require.Regexp(t, `^Logical-[0-9a-f]{7}$`, name)
	require.Equal(t, StreamARN(name), id)
	delete(state, "__defaults")
	require.Equal(t, map[string]any{
		"arn": id, "name": name, "shardCount": 2.0, "streamModeDetails": map[string]any{"streamMode": "PROVISIONED"}, "retentionPeriod": 24.0,
		"encryptionType": "NONE", "enforceConsumerDeletion": false,
	}, state)
	require.Equal(t, state, c.Read(t, streamType, id))
	_, _, err := c.Deploy(t, streamType, map[string]any{"name": name, "shardCount": 1})
	require.ErrorContains(t, err, "ResourceInUseException")
	require.NoError(t, c.Delete(t, streamType, id))
	require.Nil(t, c.Read(t, streamType, id))
	require.NoError(t, c.Delete(t, streamType, id), "what is gone can be deleted")
}

func TestAStreamIsChangedInPlace(t *testing.T) {
	c := newOrders(t, 2)
	c.put(t, "a0", "x")
	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{
		"name": "orders", "shardCount": 4, "retentionPeriod": 168, "encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis",
		"streamModeDetails":       map[string]any{"streamMode": "PROVISIONED"},
		"enforceConsumerDeletion": true, "tags": map[string]any{"team": "coffee"},
	}))
	state := c.Read(t, streamType, ordersARN)
	require.EqualValues(t, 4, state["shardCount"])
	require.EqualValues(t, 168, state["retentionPeriod"])
	require.Equal(t, "KMS", state["encryptionType"])
	require.Equal(t, "alias/aws/kinesis", state["kmsKeyId"])
	require.Equal(t, map[string]any{"team": "coffee"}, state["tagsAll"])
	require.Len(t, c.shards(t), 6)

	err := c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "shardCount": 9})
	require.ErrorContains(t, err, "LimitExceededException: UpdateShardCount can at most double or halve the number of open shards")

	// On demand and back, with the shards that it has.
	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "streamModeDetails": map[string]any{"streamMode": "ON_DEMAND"}}))
	state = c.Read(t, streamType, ordersARN)
	require.NotContains(t, state, "shardCount")
	require.Equal(t, "NONE", state["encryptionType"])
	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "shardCount": 3}))
	require.EqualValues(t, 3, c.Read(t, streamType, ordersARN)["shardCount"])
	require.Error(t, c.Update(t, streamType, StreamARN("other"), map[string]any{"name": "other", "shardCount": 3}))
}

func TestAnOnDemandStreamStartsWithFourShards(t *testing.T) {
	c := newCloud(t)
	_, state := c.MustDeploy(t, streamType, map[string]any{"name": "orders", "streamModeDetails": map[string]any{"streamMode": "ON_DEMAND"}})
	require.NotContains(t, state, "shardCount")
	require.Len(t, c.shards(t), 4)
}

func TestAStreamThatCannotBeIsRefused(t *testing.T) {
	c := newCloud(t)
	mode := func(m string) map[string]any { return map[string]any{"streamMode": m} }
	for name, test := range map[string]struct {
		inputs   map[string]any
		property string
	}{
		"no shard count":             {map[string]any{}, "shardCount"},
		"no shard count, mode given": {map[string]any{"streamModeDetails": mode("PROVISIONED")}, "shardCount"},
		"shard count on demand":      {map[string]any{"streamModeDetails": mode("ON_DEMAND"), "shardCount": 1}, "shardCount"},
		"no shards":                  {map[string]any{"shardCount": 0}, "shardCount"},
		"too many shards":            {map[string]any{"shardCount": 10_001}, "shardCount"},
		"unknown mode":               {map[string]any{"streamModeDetails": mode("SERVERLESS"), "shardCount": 1}, "streamModeDetails.streamMode"},
		"short retention":            {map[string]any{"shardCount": 1, "retentionPeriod": 23}, "retentionPeriod"},
		"long retention":             {map[string]any{"shardCount": 1, "retentionPeriod": 8761}, "retentionPeriod"},
		"unknown encryption":         {map[string]any{"shardCount": 1, "encryptionType": "AES"}, "encryptionType"},
		"no key":                     {map[string]any{"shardCount": 1, "encryptionType": "KMS"}, "kmsKeyId"},
		"bad name":                   {map[string]any{"shardCount": 1, "name": "or ders"}, "name"},
		"unknown property":           {map[string]any{"shardCount": 1, "maxRecordSize": 1}, "maxRecordSize"},
	} {
		t.Run(name, func(t *testing.T) {
			failures := c.Check(t, streamType, test.inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Equal(t, test.property, failures[0].GetProperty())
		})
	}
}

func TestAConsumerIsAResourceOfItsStream(t *testing.T) {
	c := newOrders(t, 1)
	id, state := c.MustDeploy(t, consumerType, map[string]any{"name": "reader", "streamArn": ordersARN})
	require.Equal(t, id, state["arn"])
	created, err := time.Parse(time.RFC3339, state["creationTimestamp"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, c.Clock.Now(), created, time.Second)
	require.Equal(t, ordersARN, c.Read(t, consumerType, id)["streamArn"])
	_, _, err = c.Deploy(t, consumerType, map[string]any{"name": "reader", "streamArn": ordersARN})
	require.ErrorContains(t, err, "ResourceInUseException")
	_, _, err = c.Deploy(t, consumerType, map[string]any{"name": "reader", "streamArn": StreamARN("other")})
	require.ErrorContains(t, err, "ResourceNotFoundException")
	require.Len(t, c.Check(t, consumerType, map[string]any{"name": "rea der", "streamArn": id}).GetFailures(), 2)

	require.ErrorContains(t, c.Delete(t, streamType, ordersARN), "ResourceInUseException")
	_, err = c.client.DescribeStreamSummary(t.Context(), &sdk.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	require.NoError(t, c.Delete(t, consumerType, id))
	require.Nil(t, c.Read(t, consumerType, id))
	require.NoError(t, c.Delete(t, consumerType, id))

	c.MustDeploy(t, consumerType, map[string]any{"streamArn": ordersARN})
	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "shardCount": 1, "enforceConsumerDeletion": true}))
	require.NoError(t, c.Delete(t, streamType, ordersARN))
}
