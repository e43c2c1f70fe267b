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

// Kinesis allows five reads and 2 MB per second and shard, for all readers together. At this rate, half of the reads remain for the event
// source mappings.
//
// See https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
const (
	readEvery = 400 * time.Millisecond
	readLimit = 1000 // records
)

type record = types.Record

// shard is one shard of the stream.
type shard struct {
	id      string
	parents []*shard
	done    chan struct{} // closed when the shard was replayed, or the replay ended
}

// shards lists the stream's shards, including closed ones, with their parents. It omits a parent that the stream no longer has.
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
		// The token identifies the stream. A request with both is an error.
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

// awaitParents waits until the parents of the shard are replayed. Their records of a partition key are older.
func (s *shard) awaitParents(ctx context.Context) error {
	for _, p := range s.parents {
		select {
		case <-ctx.Done():
		case <-p.done:
		}
	}
	return ctx.Err()
}

// read calls give with the records of a shard that arrived between Since and Until, in order, one page at a time.
//
// See https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
func (r *Replay) read(ctx context.Context, shardID string, give func([]record) error) error {
	last := "" // the last sequence number passed to give
	iterator, err := r.iterator(ctx, shardID, last)
	if err != nil {
		return err
	}
	for {
		began := time.Now()
		out, err := r.Stream.GetRecords(ctx, &kinesis.GetRecordsInput{
			StreamARN: aws.String(r.StreamARN), ShardIterator: iterator, Limit: aws.Int32(readLimit),
		})
		// An iterator expires after five minutes. The invocations may take longer.
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
		// A page without records is the end only at the tip of the shard, because a shard may have gaps.
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

// iterator returns an iterator that starts after the sequence number last. With "" it starts where the replay starts.
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

// inTime returns the records up to the last one that arrived by Until. Arrival times are approximate: a record may have an earlier time
// than the record before it.
func (r *Replay) inTime(records []record) []record {
	for n := len(records); n > 0; n-- {
		if !aws.ToTime(records[n-1].ApproximateArrivalTimestamp).After(r.Until) {
			return records[:n]
		}
	}
	return nil
}
