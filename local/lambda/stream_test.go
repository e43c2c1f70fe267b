package lambda

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

var streamActions = []string{
	"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords",
	"sqs:SendMessage",
}

// river is a cloud with a stream named s and a function named f that may read it, in a time that the test moves on.
type river struct {
	*cloud
	clock  *clockwork.FakeClock
	sdk    *awskinesis.Client
	stream string // its ARN
	seen   string // the file that the function writes
}

func newRiver(t *testing.T, shards int) *river {
	t.Helper()
	clock := clockwork.NewFakeClockAt(time.Now())
	r := &river{cloud: newCloudAt(t, clock), clock: clock, seen: filepath.Join(t.TempDir(), "seen")}
	r.stream = create(t, r.kinesis, "aws:kinesis/stream:Stream", map[string]any{"name": "s", "shardCount": shards})["arn"].StringValue()
	r.sdk = awskinesis.NewFromConfig(cloudtest.Config(r.admin, r.account.Endpoint()))
	r.function("f", func(in *FunctionArgs) {
		in.Role = r.role("f-role", streamActions...)
		in.Timeout = aws.Int(900) // time may pass quickly
		in.Environment = &Environment{Variables: map[string]string{"SEEN": r.seen}}
	})
	return r
}

// put appends records with one partition key, and returns their sequence numbers.
func (r *river) put(key string, data ...string) (numbers []string) {
	r.t.Helper()
	for some := range slices.Chunk(data, 500) {
		in := &awskinesis.PutRecordsInput{StreamARN: &r.stream}
		for _, d := range some {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: &key, Data: []byte(d)})
		}
		out, err := r.sdk.PutRecords(context.Background(), in)
		require.NoError(r.t, err)
		require.Zero(r.t, *out.FailedRecordCount)
		for _, rec := range out.Records {
			numbers = append(numbers, *rec.SequenceNumber)
		}
	}
	return numbers
}

func (r *river) read(change func(*MappingArgs)) *mapping {
	r.t.Helper()
	return r.mapping("f", r.stream, func(in *MappingArgs) {
		in.StartingPosition = aws.String("TRIM_HORIZON")
		if change != nil {
			change(in)
		}
	})
}

// until moves time on in small steps until the condition holds.
func (r *river) until(what string, condition func() bool) {
	r.t.Helper()
	eventually(r.t, what, func() bool {
		if condition() {
			return true
		}
		r.clock.Advance(50 * time.Millisecond)
		return false
	})
}

// seen is a line that the function wrote.
type seen struct {
	Begun bool
	ID    string
	Shard string
	Data  []string
}

func (r *river) lines() (lines []seen) {
	r.t.Helper()
	text, err := os.ReadFile(r.seen)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(r.t, err)
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		var line seen
		require.NoError(r.t, json.Unmarshal(s.Bytes(), &line))
		lines = append(lines, line)
	}
	return lines
}

// batches are the data of all invocations, in the order of their beginning, joined by commas.
func (r *river) batches() (batches []string) {
	r.t.Helper()
	for _, line := range r.lines() {
		if line.Begun {
			batches = append(batches, strings.Join(line.Data, ","))
		}
	}
	return batches
}

// untilBatches waits for invocations, and some time longer, so that one too many would show.
func (r *river) untilBatches(want ...string) {
	r.t.Helper()
	r.until(fmt.Sprintf("%d invocations", len(want)), func() bool { return len(r.batches()) >= len(want) })
	for range 30 {
		r.clock.Advance(100 * time.Millisecond)
		time.Sleep(time.Millisecond)
	}
	require.Equal(r.t, want, r.batches())
}

// open lets records named gate pass.
func (r *river) open() { require.NoError(r.t, os.WriteFile(r.seen+".open", nil, 0o600)) }

func numbered(what string, n int) (data []string) {
	for i := range n {
		data = append(data, fmt.Sprintf("%s:%d", what, i))
	}
	return data
}

func (r *river) result(m *mapping) string {
	_, result := m.state()
	return result
}

func TestRecordsOfAShardComeInOrderInBatchesOfOneShard(t *testing.T) {
	r := newRiver(t, 2)
	const keys, each = 20, 15
	for k := range keys {
		r.put(fmt.Sprint(k), numbered(fmt.Sprintf("ok:%d", k), each)...)
	}
	m := r.read(func(in *MappingArgs) { in.BatchSize = aws.Int(7) })
	next, shards := map[string]int{}, map[string]string{}
	r.until("all are handled", func() bool {
		n := 0
		for _, line := range r.lines() {
			if !line.Begun {
				n += len(line.Data)
			}
		}
		return n == keys*each
	})
	for _, line := range r.lines() {
		require.LessOrEqual(t, len(line.Data), 7)
		if !line.Begun {
			continue
		}
		for _, data := range line.Data {
			part := strings.Split(data, ":")
			require.Equal(t, fmt.Sprint(next[part[1]]), part[2], "of key %s", part[1])
			next[part[1]]++
			if shards[part[1]] == "" {
				shards[part[1]] = line.Shard
			}
			require.Equal(t, shards[part[1]], line.Shard)
		}
	}
	require.ElementsMatch(t, []string{"shardId-000000000000", "shardId-000000000001"}, unique(shards))
	r.until("the result", func() bool { return r.result(m) == "OK" })
}

// Records that no filter matches are skipped, also when they are of the same shard or lane as others.
func TestAFunctionGetsTheRecordsThatMatchAFilter(t *testing.T) {
	r := newRiver(t, 1)
	r.put("k", `{"kind":"a","n":1}`, `{"kind":"c","n":9}`, `{"kind":"b","n":2}`, "not JSON", `{"kind":"a","by":{"name":"bo"}}`, `[1]`, `{"kind":"c","by":{"name":"ann"}}`)
	m := r.read(func(in *MappingArgs) {
		in.FilterCriteria = &FilterCriteria{Filters: []Filter{
			{Pattern: `{"data":{"kind":[{"anything-but":"c"}],"n":[{"numeric":["<",5]}]}}`}, {Pattern: `{"data":{"by":{"name":[{"prefix":"a"}]}}}`},
		}}
	})
	r.untilBatches(`{"kind":"a","n":1},{"kind":"b","n":2},{"kind":"c","by":{"name":"ann"}}`)
	require.Equal(t, "OK", r.result(m))
}

func unique(m map[string]string) (values []string) {
	for _, v := range m {
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

func TestLanesOfAShardWorkAtTheSameTimeAndKeepTheOrderOfAKey(t *testing.T) {
	r := newRiver(t, 1)
	const keys, each = 12, 3
	for n := range each {
		for k := range keys {
			r.put(fmt.Sprint(k), fmt.Sprintf("wait:%d:%d", k, n))
		}
	}
	r.read(func(in *MappingArgs) { in.BatchSize, in.ParallelizationFactor = aws.Int(3), aws.Int(4) })
	r.until("all are handled", func() bool {
		n := 0
		for _, line := range r.lines() {
			if !line.Begun {
				n += len(line.Data)
			}
		}
		return n == keys*each
	})
	next, running, most := map[string]int{}, map[string]bool{}, 0
	for _, line := range r.lines() {
		if !line.Begun {
			delete(running, line.ID)
			continue
		}
		running[line.ID] = true
		most = max(most, len(running))
		for _, data := range line.Data {
			part := strings.Split(data, ":")
			require.Equal(t, fmt.Sprint(next[part[1]]), part[2], "of key %s", part[1])
			next[part[1]]++
		}
	}
	require.Greater(t, most, 1)
	require.LessOrEqual(t, most, 4)
}

func TestBatchWaitsForItsSizeOrTheWindow(t *testing.T) {
	r := newRiver(t, 1)
	r.read(func(in *MappingArgs) { in.BatchSize, in.MaximumBatchingWindowInSeconds = aws.Int(5), aws.Int(60) })
	r.put("k", numbered("a", 3)...)
	begun := r.clock.Now()
	r.untilBatches("a:0,a:1,a:2")
	require.Greater(t, r.clock.Now().Sub(begun), 60*time.Second)
	begun = r.clock.Now()
	r.put("k", numbered("b", 7)...)
	r.until("a full batch", func() bool { return len(r.batches()) == 2 })
	require.Less(t, r.clock.Now().Sub(begun), 60*time.Second)
	require.Equal(t, "b:0,b:1,b:2,b:3,b:4", r.batches()[1])
}

func TestBatchEndsAtSixMegabytes(t *testing.T) {
	lane := &lane{shardReader: &shardReader{streamSource: &streamSource{MappingArgs: &MappingArgs{BatchSize: aws.Int(100)}}}}
	for range 10 {
		lane.queue = append(lane.queue, item{size: 1 << 20})
	}
	for _, want := range []int{5, 5} {
		batch, more := lane.take(false)
		require.True(t, more)
		if want == 5 && batch == nil { // what is left may grow
			batch, _ = lane.take(true)
		}
		require.Len(t, batch, want)
	}
	lane.queue = []item{{size: 8 << 20}, {size: 1}}
	batch, _ := lane.take(false)
	require.Len(t, batch, 1, "one that does not fit is not left behind")
}

func TestTheEventSourceOfARecordIsWhatIsMappedOrTheStream(t *testing.T) {
	r := newRiver(t, 1)
	consumer := r.stream + "/consumer/c:1"
	reader := r.idleMapping(MappingArgs{EventSourceARN: consumer}).reader("shard")
	require.Contains(t, string(reader.encode(&kinesis.Record{})), `"eventSourceARN":"`+consumer+`"`)
	r.account.Guesses.Turn(guess.ConsumerEventSource)
	require.Contains(t, string(reader.encode(&kinesis.Record{})), `"eventSourceARN":"`+r.stream+`"`)
}

func TestAConsumerIsToldAtOnce(t *testing.T) {
	r := newRiver(t, 1)
	consumer := create(t, r.kinesis, "aws:kinesis/streamConsumer:StreamConsumer", map[string]any{"name": "c", "streamArn": r.stream})["arn"].StringValue()
	r.function("g", func(in *FunctionArgs) {
		in.Role = r.role("g-role", append(streamActions, "kinesis:SubscribeToShard")...)
		in.Environment = &Environment{Variables: map[string]string{"SEEN": r.seen}}
	})
	r.mapping("g", consumer, func(in *MappingArgs) { in.StartingPosition = aws.String("LATEST") })
	// Time stands still.
	for i := range 3 {
		r.put("k", fmt.Sprint(i))
		eventually(t, "it comes", func() bool { return len(r.batches()) == i+1 })
	}
	require.Equal(t, []string{"0", "1", "2"}, r.batches())
}
