package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// How a shard is read. It lets itself be read five times a second and 2 MB a second, by all its readers together: at
// this pace, half of that is left to the functions that read it anyway.
//
// See https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
const (
	readEvery = 400 * time.Millisecond
	readLimit = 1000 // records
)

type record = types.Record

// shard is one shard of the stream on its way through a replay.
type shard struct {
	id      string
	parents []*shard
	done    chan struct{} // closed when it was replayed, or the replay ended
}

// shards lists the stream's shards with their parents, those that are closed included. A parent that the stream no
// longer has is none.
//
// See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
func (r *Replay) shards(ctx context.Context) ([]*shard, error) {
	var listed []types.Shard
	in := &kinesis.ListShardsInput{StreamARN: aws.String(r.StreamARN)}
	for {
		out, err := r.Stream.ListShards(ctx, in)
		if err != nil {
			return nil, fmt.Errorf("listing the shards of %s: %w", r.StreamARN, err)
		}
		listed = append(listed, out.Shards...)
		if aws.ToString(out.NextToken) == "" {
			break
		}
		// The token says which stream; naming it as well is an error.
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
	byID := map[string]*shard{}
	var shards []*shard
	for _, l := range listed {
		s := &shard{id: aws.ToString(l.ShardId), done: make(chan struct{})}
		byID[s.id] = s
		shards = append(shards, s)
	}
	for i, l := range listed {
		for _, parent := range []*string{l.ParentShardId, l.AdjacentParentShardId} {
			if p := byID[aws.ToString(parent)]; p != nil {
				shards[i].parents = append(shards[i].parents, p)
			}
		}
	}
	return shards, nil
}

// awaitParents waits until the shards that this one came from were replayed: what they have of a partition key is older.
func (s *shard) awaitParents(ctx context.Context) error {
	for _, p := range s.parents {
		select {
		case <-ctx.Done():
		case <-p.done:
		}
	}
	return ctx.Err()
}

// read gives the records of a shard that arrived between Since and Until, in their order, some at a time.
//
// See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
func (r *Replay) read(ctx context.Context, shardID string, give func([]record) error) error {
	last := "" // the sequence number of the last record that was given
	iterator, err := r.iterator(ctx, shardID, last)
	if err != nil {
		return err
	}
	for {
		began := time.Now()
		out, err := r.Stream.GetRecords(ctx, &kinesis.GetRecordsInput{
			StreamARN: aws.String(r.StreamARN), ShardIterator: iterator, Limit: aws.Int32(readLimit),
		})
		// An iterator lives five minutes; handing the records over may take longer.
		var expired *types.ExpiredIteratorException
		if errors.As(err, &expired) {
			if iterator, err = r.iterator(ctx, shardID, last); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("reading records: %w", err)
		}
		records := r.inTime(out.Records)
		if len(records) > 0 {
			if err := give(records); err != nil {
				return err
			}
			last = aws.ToString(records[len(records)-1].SequenceNumber)
		}
		// Nothing, and no way to go, is the end for now. Nothing alone is not: records may lie further on.
		atTip := len(out.Records) == 0 && aws.ToInt64(out.MillisBehindLatest) == 0
		if out.NextShardIterator == nil || atTip || len(records) < len(out.Records) {
			return nil
		}
		iterator = out.NextShardIterator
		if err := pause(ctx, readEvery-time.Since(began)); err != nil {
			return err
		}
	}
}

// iterator starts after the record with the sequence number last, or where the replay starts.
func (r *Replay) iterator(ctx context.Context, shardID, last string) (*string, error) {
	in := &kinesis.GetShardIteratorInput{StreamARN: aws.String(r.StreamARN), ShardId: aws.String(shardID)}
	switch {
	case last != "":
		in.ShardIteratorType, in.StartingSequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, aws.String(last)
	case !r.Since.IsZero():
		in.ShardIteratorType, in.Timestamp = types.ShardIteratorTypeAtTimestamp, aws.Time(r.Since)
	default:
		in.ShardIteratorType = types.ShardIteratorTypeTrimHorizon
	}
	out, err := r.Stream.GetShardIterator(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("finding where to read from: %w", err)
	}
	return out.ShardIterator, nil
}

// inTime cuts off the records behind the last one that arrived by Until. Arrival times are approximate, and one may lie
// before that of the record ahead of it.
func (r *Replay) inTime(records []record) []record {
	for n := len(records); n > 0; n-- {
		if !aws.ToTime(records[n-1].ApproximateArrivalTimestamp).After(r.Until) {
			return records[:n]
		}
	}
	return nil
}
