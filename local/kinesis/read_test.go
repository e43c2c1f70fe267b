package kinesis

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

func TestIteratorsOfAllTypes(t *testing.T) {
	c := newOrders(t, 1)
	start := c.shards(t)[shard0].SequenceNumberRange.StartingSequenceNumber
	var numbers []*string
	var times []time.Time
	for _, record := range []string{"one", "two", "three"} {
		numbers = append(numbers, c.put(t, "a0", record).SequenceNumber)
		times = append(times, c.Clock.Now())
		c.Clock.Advance(time.Second)
	}
	from := func(number *string) func(*sdk.GetShardIteratorInput) {
		return func(in *sdk.GetShardIteratorInput) { in.StartingSequenceNumber = number }
	}
	at := func(t time.Time) func(*sdk.GetShardIteratorInput) {
		return func(in *sdk.GetShardIteratorInput) { in.Timestamp = &t }
	}
	none := func(*sdk.GetShardIteratorInput) {}
	for name, test := range map[string]struct {
		kind   types.ShardIteratorType
		change func(*sdk.GetShardIteratorInput)
		want   []string
	}{
		"from the start":            {types.ShardIteratorTypeTrimHorizon, none, []string{"one", "two", "three"}},
		"from now on":               {types.ShardIteratorTypeLatest, none, []string{}},
		"at a record":               {types.ShardIteratorTypeAtSequenceNumber, from(numbers[1]), []string{"two", "three"}},
		"after a record":            {types.ShardIteratorTypeAfterSequenceNumber, from(numbers[1]), []string{"three"}},
		"after the last":            {types.ShardIteratorTypeAfterSequenceNumber, from(numbers[2]), []string{}},
		"at the shard's start":      {types.ShardIteratorTypeAtSequenceNumber, from(start), []string{"one", "two", "three"}},
		"after the shard's start":   {types.ShardIteratorTypeAfterSequenceNumber, from(start), []string{"one", "two", "three"}},
		"at the time of a record":   {types.ShardIteratorTypeAtTimestamp, at(times[1]), []string{"two", "three"}},
		"at a time between records": {types.ShardIteratorTypeAtTimestamp, at(times[1].Add(time.Millisecond)), []string{"three"}},
		"at a time before them":     {types.ShardIteratorTypeAtTimestamp, at(times[0].Add(-time.Hour)), []string{"one", "two", "three"}},
		"at a time after them":      {types.ShardIteratorTypeAtTimestamp, at(times[2].Add(time.Millisecond)), []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, data(c.get(t, c.iterator(t, shard0, test.kind, test.change))))
		})
	}
}

func TestLatestIsWhereTheShardEndedWhenTheIteratorWasMade(t *testing.T) {
	c := newOrders(t, 1)
	c.put(t, "a0", "before")
	latest := c.iterator(t, shard0, types.ShardIteratorTypeLatest)
	c.put(t, "a0", "after")
	require.Equal(t, []string{"after"}, data(c.get(t, latest)))
}

func TestAnInvalidIteratorRequestIsRefused(t *testing.T) {
	c := newOrders(t, 2)
	other := c.shards(t)[shardID(1)].SequenceNumberRange.StartingSequenceNumber
	foreign := sequence{epoch: 1_600_000_000, place: 1}.String()
	future := c.Clock.Now().Add(time.Minute)
	for name, test := range map[string]struct {
		change        func(*sdk.GetShardIteratorInput)
		code, message string
	}{
		"unknown shard": {func(in *sdk.GetShardIteratorInput) { in.ShardId = aws.String(shardID(2)) }, "ResourceNotFoundException",
			"Shard shardId-000000000002 in stream orders under account 123456789012 does not exist"},
		"unknown type": {func(in *sdk.GetShardIteratorInput) { in.ShardIteratorType = "EARLIEST" }, "ValidationException", ""},
		"a number too many": {func(in *sdk.GetShardIteratorInput) { in.StartingSequenceNumber = &foreign }, "InvalidArgumentException",
			"StartingSequenceNumber goes with AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER, and only with those, got LATEST."},
		"no number": {func(in *sdk.GetShardIteratorInput) { in.ShardIteratorType = "AT_SEQUENCE_NUMBER" }, "InvalidArgumentException", ""},
		"no number at all": {func(in *sdk.GetShardIteratorInput) {
			in.ShardIteratorType, in.StartingSequenceNumber = "AT_SEQUENCE_NUMBER", aws.String("17")
		}, "InvalidArgumentException", "StartingSequenceNumber 17 is not a sequence number."},
		"another shard's number": {func(in *sdk.GetShardIteratorInput) {
			in.ShardIteratorType, in.StartingSequenceNumber = "AT_SEQUENCE_NUMBER", other
		}, "InvalidArgumentException", "StartingSequenceNumber " + *other + " is of shardId-000000000001, not of shardId-000000000000."},
		"another stream's number": {func(in *sdk.GetShardIteratorInput) {
			in.ShardIteratorType, in.StartingSequenceNumber = "AFTER_SEQUENCE_NUMBER", &foreign
		}, "InvalidArgumentException", "StartingSequenceNumber " + foreign + " did not come from the stream orders."},
		"no time": {func(in *sdk.GetShardIteratorInput) { in.ShardIteratorType = "AT_TIMESTAMP" }, "InvalidArgumentException", ""},
		"the future": {func(in *sdk.GetShardIteratorInput) {
			in.ShardIteratorType, in.Timestamp = "AT_TIMESTAMP", &future
		}, "InvalidArgumentException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := &sdk.GetShardIteratorInput{StreamName: aws.String("orders"), ShardId: aws.String(shard0), ShardIteratorType: "LATEST"}
			test.change(in)
			_, err := c.client.GetShardIterator(t.Context(), in)
			message := refused(t, err, test.code)
			if test.message != "" {
				require.Equal(t, test.message, message)
			}
		})
	}
}

func TestAnIteratorExpiresAfterFiveMinutes(t *testing.T) {
	c := newOrders(t, 1)
	old := c.iterator(t, shard0, types.ShardIteratorTypeTrimHorizon)
	c.Clock.Advance(5 * time.Minute)
	out, err := c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: old, StreamARN: &ordersARN})
	require.NoError(t, err)
	c.Clock.Advance(time.Millisecond)
	_, err = c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: old})
	require.Contains(t, refused(t, err, "ExpiredIteratorException"), "was valid for 5m0s")
	c.get(t, out.NextShardIterator) // it was made later
}

func TestAnIteratorIsOpaque(t *testing.T) {
	c := newOrders(t, 1)
	for _, wrong := range []string{"", "x", "AAAA"} {
		_, err := c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: &wrong})
		require.Equal(t, "Invalid ShardIterator.", refused(t, err, "InvalidArgumentException"), wrong)
	}
	good := c.iterator(t, shard0, types.ShardIteratorTypeTrimHorizon)
	_, err := c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: good, StreamARN: aws.String(StreamARN("other"))})
	refused(t, err, "InvalidArgumentException")
	_, err = c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: good, Limit: aws.Int32(10_001)})
	refused(t, err, "ValidationException")

	// A stream of the same name that is made again is another.
	require.NoError(t, c.Delete(t, streamType, ordersARN))
	c.Clock.Advance(time.Second)
	_, err = c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: good})
	refused(t, err, "ResourceNotFoundException")
	c.MustDeploy(t, streamType, map[string]any{"name": "orders", "shardCount": 1})
	_, err = c.client.GetRecords(t.Context(), &sdk.GetRecordsInput{ShardIterator: good})
	refused(t, err, "ResourceNotFoundException")
}

func TestMillisBehindLatest(t *testing.T) {
	c := newOrders(t, 1)
	for range 3 {
		c.put(t, "a0", "x")
	}
	c.Clock.Advance(10 * time.Second)
	c.put(t, "a0", "last")
	in := &sdk.GetRecordsInput{ShardIterator: c.iterator(t, shard0, types.ShardIteratorTypeTrimHorizon), Limit: aws.Int32(2)}
	out, err := c.client.GetRecords(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, out.Records, 2)
	require.EqualValues(t, 10_000, *out.MillisBehindLatest)
	require.Equal(t, []string{"x", "last"}, data(c.get(t, out.NextShardIterator)))
}

func TestAReadHasTenMegabytesAtMost(t *testing.T) {
	c := newOrders(t, 1)
	for range 12 {
		_, _, err := c.s.Put(t.Context(), c.admin, ordersARN, "a", make([]byte, maxRecord-1))
		require.NoError(t, err)
		c.Clock.Advance(time.Second)
	}
	read := func(from Position) (Batch, error) {
		return c.s.Read(t.Context(), c.admin, ordersARN, shard0, from, maxReadRecords)
	}
	b, err := read(Position{Type: "TRIM_HORIZON"})
	require.NoError(t, err)
	require.Len(t, b.Records, 10)
	require.True(t, b.More)
	b, err = read(b.Next)
	require.NoError(t, err)
	require.Len(t, b.Records, 2)
	require.False(t, b.More)
}

func TestReadGoesOnWhereItWas(t *testing.T) {
	c := newOrders(t, 1)
	read := func(from Position, limit int) Batch {
		b, err := c.s.Read(t.Context(), c.admin, ordersARN, shard0, from, limit)
		require.NoError(t, err)
		return b
	}
	empty := read(Position{Type: "LATEST"}, 10)
	require.Empty(t, empty.Records)
	require.False(t, empty.More || empty.End)
	first := c.put(t, "a0", "one")
	c.put(t, "a0", "two")

	b := read(empty.Next, 1)
	require.Equal(t, []Record{{*first.SequenceNumber, "a0", []byte("one"), b.Records[0].Arrived}}, b.Records)
	require.True(t, b.More)
	require.Equal(t, *first.SequenceNumber, b.Next.SequenceNumber)

	// The position can be kept as its type and number.
	for _, next := range []Position{b.Next, {Type: b.Next.Type, SequenceNumber: b.Next.SequenceNumber}} {
		b := read(next, 10)
		require.Equal(t, "two", string(b.Records[0].Data))
		require.False(t, b.More || b.End)
	}
	again := read(Position{Type: empty.Next.Type, SequenceNumber: empty.Next.SequenceNumber}, 10)
	require.Len(t, again.Records, 2)
}

func TestRecordsAreKeptForTheRetentionPeriod(t *testing.T) {
	c := newOrders(t, 1)
	c.put(t, "a0", "old")
	c.Clock.Advance(time.Hour)
	_, number, err := c.s.Put(t.Context(), c.admin, ordersARN, "a0", []byte("new"))
	require.NoError(t, err)
	c.Clock.Advance(23*time.Hour - time.Second)
	require.Len(t, c.all(t, shard0), 2)
	c.Clock.Advance(time.Second)
	got := c.all(t, shard0)
	require.Len(t, got, 1)
	require.Equal(t, number, got[0].SequenceNumber)

	// A longer period keeps what is there, and brings back nothing.
	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "shardCount": 1, "retentionPeriod": 48}))
	c.Clock.Advance(24 * time.Hour)
	require.Len(t, c.all(t, shard0), 1)
	require.NoError(t, c.Update(t, streamType, ordersARN, map[string]any{"name": "orders", "shardCount": 1}))
	require.Empty(t, c.all(t, shard0))

	// Where the reader was is gone: it goes on with what there is.
	_, _, err = c.s.Put(t.Context(), c.admin, ordersARN, "a0", []byte("newer"))
	require.NoError(t, err)
	b, err := c.s.Read(t.Context(), c.admin, ordersARN, shard0, Position{Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: number}, 10)
	require.NoError(t, err)
	require.Len(t, b.Records, 1)
}

func TestAnArrivalClosesTheChannel(t *testing.T) {
	c := newOrders(t, 2)
	read := func(shard string) Batch {
		b, err := c.s.Read(t.Context(), c.admin, ordersARN, shard, Position{Type: "LATEST"}, 1)
		require.NoError(t, err)
		return b
	}
	quiet, arrivals := read(shardID(1)).Arrival, read(shard0).Arrival
	requireOpen(t, arrivals)
	_, err := c.putMany(t, []byte("x"), "0")
	require.NoError(t, err)
	requireClosed(t, arrivals)
	requireOpen(t, quiet)
	requireOpen(t, read(shard0).Arrival)

	split, err := c.client.SplitShard(t.Context(), &sdk.SplitShardInput{StreamARN: &ordersARN, ShardToSplit: aws.String(shardID(1)), NewStartingHashKey: aws.String(hashKey(12))})
	require.NoError(t, err, split)
	requireClosed(t, quiet)
	closed := read(shardID(1))
	require.True(t, closed.End)
	require.Nil(t, closed.Arrival)

	arrivals = read(shard0).Arrival
	require.NoError(t, c.Delete(t, streamType, ordersARN))
	requireClosed(t, arrivals)
	_, err = c.s.Read(t.Context(), c.admin, ordersARN, shard0, Position{Type: "LATEST"}, 1)
	require.ErrorContains(t, err, "ResourceNotFoundException")
	_, err = c.s.Shards(ordersARN)
	require.ErrorContains(t, err, "ResourceNotFoundException")
}

func requireOpen(t testing.TB, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
		t.Fatal("there was no arrival")
	default:
	}
}

func requireClosed(t testing.TB, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	default:
		t.Fatal("the channel is not closed")
	}
}

func TestFaultsThrottleAReadOrLoseItsAnswer(t *testing.T) {
	c := newOrders(t, 1)
	c.put(t, "a0", "x")
	read := func() (Batch, error) {
		return c.s.Read(t.Context(), c.admin, ordersARN, shard0, Position{Type: "TRIM_HORIZON"}, 10)
	}
	for when, action := range map[fault.When]string{fault.Before: "kinesis:GetShardIterator", fault.After: "kinesis:GetRecords"} {
		remove := c.Account.Faults.Add(fault.Rule{Action: action, Resource: ordersARN, When: when, Do: func(context.Context, fault.Event) error {
			return Throttled("orders", shard0)
		}})
		b, err := read()
		require.ErrorContains(t, err, "Rate exceeded")
		require.Empty(t, b.Records)
		remove()
	}
	_, err := read()
	require.NoError(t, err)
}
