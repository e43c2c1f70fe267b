package replay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

const streamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"

// iteratorLife is how long an iterator can be used.
const iteratorLife = 5 * time.Minute

// stream is a Kinesis stream in memory. It lists two shards at a time.
type stream struct {
	mu     sync.Mutex
	shards []*shard
	live   bool  // each read of the tip finds another record
	gap    bool  // the first read of a shard finds nothing though there are records
	fail   error // answers GetRecords
	reads  int
}

type shard struct {
	id, parent, adjacent string
	closed               bool
	records              []types.Record
}

// add appends n records that arrive one second apart, from the given time on. Their numbers grow over all shards.
func (s *stream) add(id string, from time.Time, n int) {
	numbers := 0
	for _, sh := range s.shards {
		numbers += len(sh.records)
	}
	for _, sh := range s.shards {
		for i := 0; sh.id == id && i < n; i++ {
			sh.records = append(sh.records, types.Record{
				SequenceNumber: aws.String(strconv.Itoa(1000 + numbers + i)), PartitionKey: aws.String("a" + strconv.Itoa(i%3)),
				Data: []byte(id), ApproximateArrivalTimestamp: aws.Time(from.Add(time.Duration(i) * time.Second)),
			})
		}
	}
}

func (s *stream) ListShards(_ context.Context, in *kinesis.ListShardsInput, _ ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error) {
	from := 0
	switch {
	case in.NextToken != nil && in.StreamARN != nil:
		return nil, &types.InvalidArgumentException{Message: aws.String("NextToken and StreamARN cannot be provided together")}
	case in.NextToken != nil:
		from, _ = strconv.Atoi(*in.NextToken)
	case aws.ToString(in.StreamARN) != streamARN:
		return nil, &types.ResourceNotFoundException{}
	}
	out := &kinesis.ListShardsOutput{}
	for i, sh := range s.shards[from:] {
		if i == 2 {
			out.NextToken = aws.String(strconv.Itoa(from + 2))
			break
		}
		listed := types.Shard{ShardId: aws.String(sh.id)}
		if sh.parent != "" {
			listed.ParentShardId = aws.String(sh.parent)
		}
		if sh.adjacent != "" {
			listed.AdjacentParentShardId = aws.String(sh.adjacent)
		}
		out.Shards = append(out.Shards, listed)
	}
	return out, nil
}

// position is what an iterator stands for.
type position struct {
	Shard string
	Next  int
	Made  time.Time
}

func (p position) iterator() *string {
	text, _ := json.Marshal(p)
	return aws.String(string(text))
}

func (s *stream) GetShardIterator(_ context.Context, in *kinesis.GetShardIteratorInput, _ ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.shards, func(sh *shard) bool { return sh.id == *in.ShardId })
	if i < 0 {
		return nil, &types.ResourceNotFoundException{}
	}
	records := s.shards[i].records
	start := 0
	switch in.ShardIteratorType {
	case types.ShardIteratorTypeTrimHorizon:
	case types.ShardIteratorTypeAtTimestamp:
		start = slices.IndexFunc(records, func(r types.Record) bool { return !r.ApproximateArrivalTimestamp.Before(*in.Timestamp) })
	case types.ShardIteratorTypeAfterSequenceNumber:
		start = 1 + slices.IndexFunc(records, func(r types.Record) bool { return *r.SequenceNumber == *in.StartingSequenceNumber })
	case types.ShardIteratorTypeAtSequenceNumber: // or the first one that is left
		start = slices.IndexFunc(records, func(r types.Record) bool { return *r.SequenceNumber >= *in.StartingSequenceNumber })
	default:
		return nil, fmt.Errorf("unexpected iterator %s", in.ShardIteratorType)
	}
	if start < 0 {
		start = len(records)
	}
	return &kinesis.GetShardIteratorOutput{ShardIterator: position{*in.ShardId, start, time.Now()}.iterator()}, nil
}

func (s *stream) GetRecords(_ context.Context, in *kinesis.GetRecordsInput, _ ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.fail != nil {
		return nil, s.fail
	}
	var p position
	if err := json.Unmarshal([]byte(aws.ToString(in.ShardIterator)), &p); err != nil {
		return nil, err
	}
	if time.Since(p.Made) > iteratorLife {
		return nil, &types.ExpiredIteratorException{}
	}
	i := slices.IndexFunc(s.shards, func(sh *shard) bool { return sh.id == p.Shard })
	sh := s.shards[i]
	if s.live && p.Next == len(sh.records) {
		sh.records = append(sh.records, types.Record{
			SequenceNumber: aws.String(strconv.Itoa(5000 + p.Next)), PartitionKey: aws.String("live"), ApproximateArrivalTimestamp: aws.Time(time.Now()),
		})
	}
	out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(0)}
	end := min(len(sh.records), p.Next+int(*in.Limit))
	if s.gap && p.Next == 0 && s.reads == 1 {
		end = 0
	}
	out.Records = sh.records[p.Next:end]
	if end < len(sh.records) {
		out.MillisBehindLatest = aws.Int64(1)
	}
	if !sh.closed || end < len(sh.records) {
		out.NextShardIterator = position{p.Shard, end, time.Now()}.iterator()
	}
	return out, nil
}

// functions are Lambda functions in memory, all with the same behaviour.
type functions struct {
	mu      sync.Mutex
	events  []events.KinesisEvent
	names   []string // of the function of each event
	handled map[string][]string

	takes   time.Duration
	poison  map[string]int // by sequence number: how many times more a record fails, and is named
	crash   map[string]int // the same for records that make the whole invocation fail
	answer  string         // what is answered instead, if not empty
	fail    error          // of Lambda itself
	maximum int            // bytes of an event; 0 for Lambda's 6 MB
}

func (f *functions) Invoke(ctx context.Context, in *lambda.InvokeInput, _ ...func(*lambda.Options)) (*lambda.InvokeOutput, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	time.Sleep(f.takes)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		return nil, f.fail
	}
	maximum := f.maximum
	if maximum == 0 {
		maximum = 6 << 20
	}
	if len(in.Payload) > maximum {
		return nil, &lambdatypes.RequestTooLargeException{Message: aws.String("Request must be smaller")}
	}
	var e events.KinesisEvent
	if err := json.Unmarshal(in.Payload, &e); err != nil {
		return nil, err
	}
	if len(e.Records) == 0 {
		return nil, errors.New("an event without records")
	}
	f.events, f.names = append(f.events, e), append(f.names, *in.FunctionName)
	if f.answer != "" {
		return &lambda.InvokeOutput{StatusCode: 200, Payload: []byte(f.answer)}, nil
	}
	for _, r := range e.Records {
		if f.crash[r.Kinesis.SequenceNumber] > 0 {
			f.crash[r.Kinesis.SequenceNumber]--
			return &lambda.InvokeOutput{
				StatusCode: 200, FunctionError: aws.String("Unhandled"),
				Payload: []byte(`{"errorType":"Runtime.ExitError","errorMessage":"RequestId: r Error: exit status 2"}`),
			}, nil
		}
	}
	response := events.KinesisEventResponse{BatchItemFailures: []events.KinesisBatchItemFailure{}}
	for _, r := range e.Records {
		if f.poison[r.Kinesis.SequenceNumber] > 0 {
			f.poison[r.Kinesis.SequenceNumber]--
			response.BatchItemFailures = append(response.BatchItemFailures, events.KinesisBatchItemFailure{ItemIdentifier: r.Kinesis.SequenceNumber})
			continue
		}
		if f.handled == nil {
			f.handled = map[string][]string{}
		}
		f.handled[*in.FunctionName] = append(f.handled[*in.FunctionName], r.Kinesis.SequenceNumber)
	}
	slices.Reverse(response.BatchItemFailures) // the lowest counts, wherever it stands
	payload, err := json.Marshal(response)
	return &lambda.InvokeOutput{StatusCode: 200, Payload: payload}, err
}

// once gives the sequence numbers that a function handled, each at its first time.
func (f *functions) once(name string) []string {
	var seen []string
	for _, number := range f.handled[name] {
		if !slices.Contains(seen, number) {
			seen = append(seen, number)
		}
	}
	return seen
}

// numbers writes the sequence numbers from first to last.
func numbers(first, last int) (list []string) {
	for n := first; n <= last; n++ {
		list = append(list, strconv.Itoa(n))
	}
	return list
}

type event = events.KinesisEvent

const forever = 1 << 30

func run(t *testing.T, s *stream, f *functions, set func(*replay.Replay)) (replay.Result, error) {
	t.Helper()
	r := &replay.Replay{
		Stream: s, Lambda: f, StreamARN: streamARN, Functions: []string{"project"}, Until: time.Now(), Batch: 10, MaxRefused: 100,
	}
	if set != nil {
		set(r)
	}
	return r.Run(t.Context())
}

func reasons(t *testing.T, r replay.Result) string {
	t.Helper()
	var lines []string
	for _, refusal := range r.Refused {
		require.NotEmpty(t, refusal.Reason)
		lines = append(lines, refusal.String())
	}
	return strings.Join(lines, "\n")
}
