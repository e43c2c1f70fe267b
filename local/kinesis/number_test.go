package kinesis

import (
	"crypto/md5"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHashKeysAreMD5SumsInDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		sum := md5.Sum([]byte(key))
		want := new(big.Int).SetBytes(sum[:]).String()
		require.Equal(t, want, hashOf(key).String())
		back, ok := parseHash(want)
		require.True(t, ok)
		require.Equal(t, hashOf(key), back)
	})
}

func TestHashKeysHave128Bits(t *testing.T) {
	require.Equal(t, "340282366920938463463374607431768211455", maxHash.String())
	for _, wrong := range []string{"", "-1", "01", "1.0", "x", "340282366920938463463374607431768211456", "1" + maxHash.String()} {
		_, ok := parseHash(wrong)
		require.False(t, ok, wrong)
	}
	require.Equal(t, hash{1, 0}, hash{0, 1<<64 - 1}.plusOne())
	require.Equal(t, hash{0, 1<<64 - 1}, hash{1, 0}.minusOne())
}

// The ranges of three shards, as AWS gives them.
func TestSharesOfTheHashKeysAreThoseOfAWS(t *testing.T) {
	require.Equal(t, "113427455640312821154458202477256070485", share(1, 3).String())
	require.Equal(t, "226854911280625642308916404954512140970", share(2, 3).String())
	require.Equal(t, "170141183460469231731687303715884105728", share(1, 2).String())
	require.Equal(t, "0", share(0, 1).String())
}

func TestSequenceNumbersGrowWithEveryRecordOfAShard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := func(label string) sequence {
			return sequence{
				epoch: rapid.Int64Range(1_500_000_000, sequenceTimes).Draw(t, label+" epoch"), place: rapid.Uint64Range(0, lastPlace).Draw(t, label+" place"),
				time: rapid.Int64Range(0, sequenceTimes).Draw(t, label+" time"), shard: rapid.Uint32().Draw(t, label+" shard"),
			}
		}
		a, b := numbers("a"), numbers("b")
		for _, q := range []sequence{a, b} {
			back, ok := parseSequence(q.String())
			require.True(t, ok)
			require.Equal(t, q, back)
		}
		// Numbers of one length compare as texts.
		require.Len(t, a.String(), 56)
		require.Len(t, b.String(), 56)
		if a.epoch < b.epoch {
			require.Less(t, a.String(), b.String())
		}
		b.epoch, b.shard = a.epoch, a.shard
		if a.place < b.place {
			require.Less(t, a.String(), b.String())
		}
	})
}

// A sequence number that Kinesis gave in 2019 to a record of the first shard of a stream.
func TestASequenceNumberOfAWSIsUnderstood(t *testing.T) {
	q, ok := parseSequence("49594189147623985939251953501666965394405037144469929986")
	require.True(t, ok)
	require.Zero(t, q.shard)
	require.Equal(t, 2019, time.Unix(q.epoch, 0).UTC().Year())
	for _, wrong := range []string{"", "0", "1", "x", "49594189147623985939251953501666965394405037144469929987"} {
		_, ok := parseSequence(wrong)
		require.False(t, ok, wrong)
	}
}

func TestABucketFillsUpAndTakesDebts(t *testing.T) {
	now := time.Unix(1000, 0)
	b := newBucket(10, 2)
	require.EqualValues(t, 10, b.left(now))
	b.take(14)
	require.EqualValues(t, -4, b.left(now))
	require.EqualValues(t, -4, b.left(now.Add(-time.Hour)), "a clock that goes back gives nothing")
	require.EqualValues(t, 2, b.left(now.Add(3*time.Second)))
	require.EqualValues(t, 10, b.left(now.Add(time.Hour)))
}
