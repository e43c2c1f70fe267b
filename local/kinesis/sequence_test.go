package kinesis

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSequenceNumbersGrowWithEveryRecordOfAShard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := func(label string) sequence {
			return sequence{
				epoch: rapid.Int64Range(1_500_000_000, 99_999_999_999).Draw(t, label+" epoch"), place: rapid.Uint64Range(0, lastPlace).Draw(t, label+" place"),
				shard: rapid.Uint32().Draw(t, label+" shard"),
			}
		}
		a, b := numbers("a"), numbers("b")
		for _, q := range []sequence{a, b} {
			back, ok := parseSequence(q.String())
			require.True(t, ok)
			require.Equal(t, q, back)
		}
		// Numbers of one length compare as texts.
		require.Len(t, b.String(), len(a.String()))
		if a.epoch < b.epoch {
			require.Less(t, a.String(), b.String())
		}
		b.epoch, b.shard = a.epoch, a.shard
		if a.place < b.place {
			require.Less(t, a.String(), b.String())
		}
	})
}

func TestOtherNumbersAreNoSequenceNumbers(t *testing.T) {
	for _, wrong := range []string{"", "0", "1", "x", "49594189147623985939251953501666965394405037144469929987", sequence{}.String() + "0"} {
		_, ok := parseSequence(wrong)
		require.False(t, ok, wrong)
	}
}
