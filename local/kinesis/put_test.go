package kinesis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

func TestARecordGoesToTheShardOfItsHashKey(t *testing.T) {
	c := newOrders(t, 4)
	shards := c.shards(t)
	require.Len(t, shards, 4)
	for _, key := range []string{"a0", "a1", "a2", "a3", "é", "\x00"} {
		at := shards[*c.put(t, key, "x").ShardId].HashKeyRange
		from, _ := parseHash(*at.StartingHashKey)
		to, _ := parseHash(*at.EndingHashKey)
		require.False(t, hashOf(key).less(from) || to.less(hashOf(key)), key)
	}
	for hash, shard := range map[string]string{
		"0": shard0, share(1, 4).plus(-1).String(): shard0, share(1, 4).String(): shardID(1), maxHash.String(): shardID(3),
	} {
		out, err := c.client.PutRecord(t.Context(), &sdk.PutRecordInput{
			StreamARN: &ordersARN, PartitionKey: aws.String("a0"), ExplicitHashKey: &hash, Data: []byte("x"),
		})
		require.NoError(t, err)
		require.Equal(t, shard, *out.ShardId)
	}
}

func TestRecordsOfAShardKeepTheirOrderAndWhatTheyCarry(t *testing.T) {
	c := newOrders(t, 1)
	first := c.put(t, "a0", "one")
	require.Equal(t, types.EncryptionTypeNone, first.EncryptionType)
	second, err := c.client.PutRecord(t.Context(), &sdk.PutRecordInput{
		StreamName: aws.String("orders"), PartitionKey: aws.String("a1"), Data: []byte("two"),
	})
	require.NoError(t, err)
	require.Greater(t, *second.SequenceNumber, *first.SequenceNumber)

	out := c.get(t, c.iterator(t, shard0, types.ShardIteratorTypeTrimHorizon))
	require.Equal(t, []string{"one", "two"}, data(out))
	require.Equal(t, *second.SequenceNumber, *out.Records[1].SequenceNumber)
	require.Equal(t, "a1", *out.Records[1].PartitionKey)
	require.WithinDuration(t, c.Clock.Now(), *out.Records[1].ApproximateArrivalTimestamp, time.Second)
	require.Zero(t, *out.MillisBehindLatest)
}

func TestAPutThatIsWrongIsRefused(t *testing.T) {
	c := newOrders(t, 1)
	for name, test := range map[string]struct {
		change func(*sdk.PutRecordInput)
		code   string
	}{
		"no stream":      {func(in *sdk.PutRecordInput) { in.StreamName = nil }, "InvalidArgumentException"},
		"unknown stream": {func(in *sdk.PutRecordInput) { in.StreamName = aws.String("other") }, "ResourceNotFoundException"},
		"two streams":    {func(in *sdk.PutRecordInput) { in.StreamARN = aws.String(StreamARN("other")) }, "InvalidArgumentException"},
		"another account's": {func(in *sdk.PutRecordInput) {
			in.StreamARN = aws.String("arn:aws:kinesis:us-east-1:210987654321:stream/orders")
		}, "InvalidArgumentException"},
		"empty key":    {func(in *sdk.PutRecordInput) { in.PartitionKey = aws.String("") }, "ValidationException"},
		"long key":     {func(in *sdk.PutRecordInput) { in.PartitionKey = text("%s", strings.Repeat("é", 257)) }, "ValidationException"},
		"large record": {func(in *sdk.PutRecordInput) { in.Data = make([]byte, maxRecord-1) }, "InvalidArgumentException"},
		"hash key out of range": {func(in *sdk.PutRecordInput) {
			in.ExplicitHashKey = aws.String("340282366920938463463374607431768211456")
		}, "InvalidArgumentException"},
		"order after a record": {func(in *sdk.PutRecordInput) { in.SequenceNumberForOrdering = aws.String("17") }, "SerializationException"},
		"dry run":              {func(in *sdk.PutRecordInput) { in.DryRun = aws.Bool(true) }, "SerializationException"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &sdk.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a0"), Data: []byte("x")}
			test.change(in)
			_, err := c.client.PutRecord(t.Context(), in)
			refused(t, err, test.code)
		})
	}
	require.Empty(t, c.all(t, shard0))
}

func TestAShardTakesAThousandRecordsASecond(t *testing.T) {
	c := newOrders(t, 1)
	for range writeRecords {
		_, _, err := c.s.Put(t.Context(), c.admin, ordersARN, "a0", []byte("x"))
		require.NoError(t, err)
	}
	_, err := c.client.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a0"), Data: []byte("x")})
	require.Equal(t, "Rate exceeded for shard shardId-000000000000 in stream orders under account 123456789012.",
		refused(t, err, "ProvisionedThroughputExceededException"))
	var typed *types.ProvisionedThroughputExceededException
	require.ErrorAs(t, err, &typed)

	c.Clock.Advance(10 * time.Millisecond)
	for range 10 {
		c.put(t, "a0", "x")
	}
	_, _, err = c.s.Put(t.Context(), c.admin, ordersARN, "a0", nil)
	require.ErrorContains(t, err, "Data", "a record has data, if only none of it")
	_, _, err = c.s.Put(t.Context(), c.admin, ordersARN, "a0", []byte{})
	require.ErrorContains(t, err, "Rate exceeded")
}

func TestAShardTakesAMegabyteASecond(t *testing.T) {
	c := newOrders(t, 2)
	half := string(make([]byte, maxRecord/2-2))
	put := func(hash string) error {
		_, err := c.client.PutRecord(t.Context(), &sdk.PutRecordInput{
			StreamName: aws.String("orders"), PartitionKey: aws.String("a0"), ExplicitHashKey: &hash, Data: []byte(half),
		})
		return err
	}
	require.NoError(t, put("0"))
	require.NoError(t, put("0"))
	refused(t, put("0"), "ProvisionedThroughputExceededException")
	require.NoError(t, put(maxHash.String()), "each shard has limits of its own")
	c.Clock.Advance(500 * time.Millisecond)
	require.NoError(t, put("0"))
	refused(t, put("0"), "ProvisionedThroughputExceededException")
}

// putMany puts one record with each hash key.
func (c *cloud) putMany(t testing.TB, data []byte, hashes ...string) (*sdk.PutRecordsOutput, error) {
	in := &sdk.PutRecordsInput{StreamARN: &ordersARN}
	for i := range hashes {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: text("a%d", i), ExplicitHashKey: &hashes[i], Data: data})
	}
	return c.client.PutRecords(t.Context(), in)
}

func TestPutRecordsFailsForTheRecordsOfAFullShardOnly(t *testing.T) {
	c := newOrders(t, 2)
	low, high := "0", maxHash.String()
	out, err := c.putMany(t, make([]byte, 400<<10), low, low, low, high, low)
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.FailedRecordCount)
	require.Len(t, out.Records, 5)
	for i, ok := range []bool{true, true, false, true, false} {
		r := out.Records[i]
		if ok {
			require.Nil(t, r.ErrorCode)
			require.NotEmpty(t, *r.ShardId)
			require.NotEmpty(t, *r.SequenceNumber)
			continue
		}
		require.Equal(t, "ProvisionedThroughputExceededException", *r.ErrorCode)
		require.Equal(t, "Rate exceeded for shard shardId-000000000000 in stream orders under account 123456789012.", *r.ErrorMessage)
		require.Nil(t, r.ShardId)
		require.Nil(t, r.SequenceNumber)
	}
	require.Less(t, *out.Records[0].SequenceNumber, *out.Records[1].SequenceNumber)
	require.Equal(t, shardID(1), *out.Records[3].ShardId)
	require.Len(t, c.all(t, shard0), 2)
}

func TestPutRecordsRefusesAWrongRequestAsAWhole(t *testing.T) {
	c := newOrders(t, 1)
	_, err := c.putMany(t, []byte("x"), "0", maxHash.String()+"0")
	refused(t, err, "InvalidArgumentException")
	_, err = c.putMany(t, []byte("x"), make([]string, maxPutRecords+1)...)
	refused(t, err, "ValidationException")
	_, err = c.putMany(t, make([]byte, maxRecord-10), strings.Split(strings.Repeat("0", 11), "")...)
	refused(t, err, "InvalidArgumentException")
	_, err = c.client.PutRecords(t.Context(), &sdk.PutRecordsInput{StreamARN: &ordersARN, Records: []types.PutRecordsRequestEntry{}})
	refused(t, err, "ValidationException")
	require.Empty(t, c.all(t, shard0))
}

func TestFaultsStrikeASingleRecordOrLoseAnAnswer(t *testing.T) {
	c := newOrders(t, 1)
	remove := c.Account.Faults.Add(fault.Rule{Action: RecordAction, Resource: ordersARN + "/*", Skip: 1, Times: 2, Do: throttleOnceThenFail()})
	out, err := c.putMany(t, []byte("x"), "0", "0", "0", "0")
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.FailedRecordCount)
	require.Equal(t, "ProvisionedThroughputExceededException", *out.Records[1].ErrorCode)
	require.Equal(t, "InternalFailure", *out.Records[2].ErrorCode)
	remove()

	defer c.Account.Faults.Add(fault.Rule{Action: "kinesis:PutRecord", When: fault.After, Do: throttleOnceThenFail()})()
	_, err = c.client.PutRecord(t.Context(), &sdk.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a0"), Data: []byte("x")})
	refused(t, err, "ProvisionedThroughputExceededException")
	_, _, err = c.s.Put(t.Context(), c.admin, ordersARN, "a0", []byte("x"))
	require.ErrorContains(t, err, "broken")
	require.Len(t, c.all(t, shard0), 4, "what was not answered was done")
}

// A fault may wait until the stream has changed.
func TestAFaultOfARecordDoesNotLockTheStream(t *testing.T) {
	c := newOrders(t, 1)
	defer c.Account.Faults.Add(fault.Rule{Action: RecordAction, Times: 1, Do: func(ctx context.Context, _ fault.Event) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		_, err := c.client.SplitShard(ctx, &sdk.SplitShardInput{StreamARN: &ordersARN, ShardToSplit: aws.String(shard0), NewStartingHashKey: aws.String(hashKey(8))})
		return err
	}})()
	out, err := c.putMany(t, []byte("x"), "0", maxHash.String())
	require.NoError(t, err)
	require.Zero(t, *out.FailedRecordCount)
	require.Equal(t, []string{shardID(1), shardID(2)}, []string{*out.Records[0].ShardId, *out.Records[1].ShardId})
}

func throttleOnceThenFail() func(context.Context, fault.Event) error {
	n := 0
	return func(context.Context, fault.Event) error {
		if n++; n == 1 {
			return Throttled("orders", shard0)
		}
		return errors.New("broken")
	}
}

func TestPutNeedsPermission(t *testing.T) {
	c := newOrders(t, 1)
	_, _, err := c.s.Put(t.Context(), policy.Principal{ARN: "arn:aws:iam::123456789012:user/nobody"}, ordersARN, "a0", []byte("x"))
	var denied *policy.DeniedError
	require.ErrorAs(t, err, &denied)
	_, _, err = c.s.Put(t.Context(), c.admin, StreamARN("other"), "a0", []byte("x"))
	require.ErrorContains(t, err, "Stream other under account 123456789012 not found.")
}
