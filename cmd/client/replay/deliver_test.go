package replay_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

// one is a stream of one shard with n records.
func one(n int) *stream {
	s := &stream{shards: []*shard{{id: "shardId-000000000000"}}}
	s.add("shardId-000000000000", begin, n)
	return s
}

func TestBatchContinuesAtItsCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &functions{poison: map[string]int{"1004": 2, "1007": 1}}
		start := time.Now()
		result, err := run(t, one(10), f, nil)
		require.NoError(t, err)
		require.Empty(t, result.Refused)
		require.Equal(t, 10, result.Handled["project"])
		var sizes []int
		for _, e := range f.events {
			sizes = append(sizes, len(e.Records))
		}
		require.Equal(t, []int{10, 6, 6}, sizes)
		require.Equal(t, 250*time.Millisecond+500*time.Millisecond, time.Since(start), "the pauses double")
	})
}

func TestRecordThatAlwaysFailsIsRefusedAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, f := range map[string]*functions{
			"named":   {poison: map[string]int{"1004": forever}},
			"crashes": {crash: map[string]int{"1004": forever}},
		} {
			result, err := run(t, one(30), f, nil)
			require.NoError(t, err, name)
			require.Equal(t, 29, result.Handled["project"], name)
			require.Contains(t, reasons(t, result), "sequence number 1004 of shard shardId-000000000000 by project: ", name)
			require.Len(t, result.Refused, 1, name)
			require.Equal(t, slices.Delete(numbers(1000, 1029), 4, 5), sorted(f.once("project")), name)
			require.Len(t, f.events, map[string]int{"named": 7, "crashes": 14}[name], name)
			alone := f.events[slices.IndexFunc(f.events, func(e event) bool { return len(e.Records) == 1 })]
			require.Equal(t, "1004", alone.Records[0].Kinesis.SequenceNumber, name)
			if name == "crashes" {
				require.Contains(t, reasons(t, result), "Runtime.ExitError: RequestId: r Error: exit status 2")
			}
		}
	})
}

func TestAnswerThatNamesNoRecordIsAFailureOfAllRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, answer := range []string{
			`{"batchItemFailures":[{"itemIdentifier":""}]}`, `{"batchItemFailures":[{"itemIdentifier":null}]}`,
			`{"batchItemFailures":[{"bad":"1001"}]}`, `{"batchItemFailures":[{"itemIdentifier":"7"}]}`, `"done"`,
		} {
			result, err := run(t, one(3), &functions{answer: answer}, nil)
			require.NoError(t, err)
			require.Zero(t, result.Handled["project"], answer)
			require.Len(t, result.Refused, 3, answer)
			require.Contains(t, reasons(t, result), answer)
		}
		for _, answer := range []string{`{"batchItemFailures":[]}`, `{"batchItemFailures":null}`, `{}`, `null`, ` `} {
			result, err := run(t, one(3), &functions{answer: answer}, nil)
			require.NoError(t, err)
			require.Equal(t, 3, result.Handled["project"], answer)
		}
	})
}

func TestTooManyRefusedRecordsStopTheReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &functions{answer: `{"batchItemFailures":[{"itemIdentifier":""}]}`}
		result, err := run(t, one(50), f, func(r *replay.Replay) { r.MaxRefused = 5 })
		require.EqualError(t, err, "replaying shard shardId-000000000000: too many records were refused: more than 5")
		require.Len(t, result.Refused, 6)
	})
}

func TestEventsFitIntoAnInvocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := one(12), &functions{}
		for i := range s.shards[0].records {
			s.shards[0].records[i].Data = []byte(strings.Repeat("x", 1<<20))
		}
		result, err := run(t, s, f, nil)
		require.NoError(t, err)
		require.Equal(t, 12, result.Handled["project"])
		require.Len(t, f.events, 3, "four to an event")

		// One that does not fit in at all is refused, and its neighbours are not.
		s.shards[0].records[7].Data = []byte(strings.Repeat("x", 5<<20))
		result, err = run(t, s, &functions{}, nil)
		require.NoError(t, err)
		require.Equal(t, 11, result.Handled["project"])
		require.Contains(t, reasons(t, result), "sequence number 1007 of shard shardId-000000000000 by project: RequestTooLargeException")
	})
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

func TestEveryRecordIsHandledInOrderOrRefused(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "records")
		batch := rapid.IntRange(1, 15).Draw(rt, "batch")
		f := &functions{poison: map[string]int{}, crash: map[string]int{}}
		refused := []string{}
		for _, number := range numbers(1000, 1000+n-1) {
			times := rapid.SampledFrom([]int{0, 0, 0, 0, 1, 3, forever}).Draw(rt, "failures of "+number)
			if rapid.Bool().Draw(rt, "crashes") {
				f.crash[number] = times
			} else {
				f.poison[number] = times
			}
			if times == forever {
				refused = append(refused, number)
			}
		}
		var result replay.Result
		var err error
		synctest.Test(t, func(t *testing.T) {
			result, err = run(t, one(n), f, func(r *replay.Replay) { r.Batch = batch })
		})
		require.NoError(rt, err)
		got := []string{}
		for _, r := range result.Refused {
			got = append(got, r.SequenceNumber)
		}
		require.Equal(rt, refused, got)
		require.Equal(rt, n-len(refused), result.Handled["project"])
		want := sorted(slices.DeleteFunc(numbers(1000, 1000+n-1), func(number string) bool { return slices.Contains(refused, number) }))
		require.Equal(rt, want, sorted(f.once("project")))
		for _, e := range f.events {
			require.LessOrEqual(rt, len(e.Records), batch)
		}
	})
}
