package replay

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
)

// QueueAPI is the part of an SQS client that Failures uses. It needs sqs:ReceiveMessage and sqs:DeleteMessage on the queue.
type QueueAPI interface {
	ReceiveMessage(context.Context, *sqs.ReceiveMessageInput, ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error)
	DeleteMessage(context.Context, *sqs.DeleteMessageInput, ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error)
}

// Failures passes the records in a function's failure queue to the function again: records in a message of the function, and records whose
// position is in a message of Lambda, which are read from the stream. A message is deleted when its records are done. Other readers of the
// stream are not involved.
type Failures struct {
	Replay // Functions has one element; Since is ignored. Messages that were sent after Until stay.
	Queue  QueueAPI
	URL    string
}

// visibility is the visibility timeout of a received message. If its records take longer, they are passed again, which is safe.
const visibility = 2 * time.Minute

// position is Lambda's message about a failed batch: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
type position struct {
	ShardID string `json:"shardId"`
	Start   string `json:"startSequenceNumber"`
	End     string `json:"endSequenceNumber"`
}

// Run processes the messages in the queue. A message stays if its records were refused, or cannot be found.
func (f *Failures) Run(ctx context.Context) (Result, error) {
	stream, err := arn.Parse(f.StreamARN)
	if err != nil {
		return Result{}, fmt.Errorf("reading the stream's ARN %q: %w", f.StreamARN, err)
	}
	t := &tally{limit: f.MaxRefused, result: Result{Handled: map[string]int{f.Functions[0]: 0}}}
	for {
		out, err := f.Queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: aws.String(f.URL), MaxNumberOfMessages: 10, WaitTimeSeconds: 2, VisibilityTimeout: int32(visibility / time.Second),
			MessageSystemAttributeNames: []sqstypes.MessageSystemAttributeName{sqstypes.MessageSystemAttributeNameSentTimestamp},
		})
		if err != nil {
			return t.result, fmt.Errorf("receiving from the failure queue: %w", err)
		}
		if len(out.Messages) == 0 {
			return t.result, nil
		}
		for _, m := range out.Messages {
			sent, err := strconv.ParseInt(m.Attributes["SentTimestamp"], 10, 64)
			if err == nil && sent > f.Until.UnixMilli() {
				continue // about a record that was refused again meanwhile
			}
			if err := f.message(ctx, stream.Region, m, t); err != nil {
				return t.result, err
			}
		}
	}
}

func (f *Failures) message(ctx context.Context, region string, m sqstypes.Message, t *tally) error {
	at, records, err := f.records(ctx, aws.ToString(m.Body))
	var lost *lostError
	if errors.As(err, &lost) {
		return t.refused(Refusal{Function: f.Functions[0], ShardID: at.ShardID, SequenceNumber: at.Start, Reason: err.Error()})
	}
	if err != nil {
		return err
	}
	before := len(t.result.Refused)
	d := &delivery{
		api: f.Lambda, function: f.Functions[0], batch: f.Batch, size: f.Batch, tally: t,
		place: place{streamARN: f.StreamARN, region: region, shardID: at.ShardID},
	}
	if err := d.deliver(ctx, records); err != nil {
		return err
	}
	if len(t.result.Refused) > before {
		return nil
	}
	_, err = f.Queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(f.URL), ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		return fmt.Errorf("deleting from the failure queue: %w", err)
	}
	return nil
}

// lostError says why the records of a message are not available.
type lostError struct{ reason string }

func (e *lostError) Error() string { return e.reason }

// records returns the records that a message names, and their position.
func (f *Failures) records(ctx context.Context, body string) (position, []record, error) {
	var m struct {
		Record *kinesisbatch.Record `json:"record"`
		Batch  *position            `json:"KinesisBatchInfo"`
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || m.Record == nil && m.Batch == nil {
		return position{}, nil, &lostError{"the message is neither of the reader nor of Lambda: " + show([]byte(body))}
	}
	if m.Batch != nil {
		records, err := f.between(ctx, *m.Batch)
		return *m.Batch, records, err
	}
	r := m.Record
	at := position{r.ShardID, r.SequenceNumber, r.SequenceNumber}
	if r.DataOmitted > 0 {
		records, err := f.between(ctx, at)
		return at, records, err
	}
	return at, []record{{
		SequenceNumber: aws.String(r.SequenceNumber), PartitionKey: aws.String(r.PartitionKey), Data: r.Data,
		ApproximateArrivalTimestamp: aws.Time(r.Arrived),
	}}, nil
}

// between reads the records of a shard from at.Start to at.End.
func (f *Failures) between(ctx context.Context, at position) (records []record, err error) {
	gone := &lostError{"the stream does not have the records any longer"}
	out, err := f.Stream.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamARN: aws.String(f.StreamARN), ShardId: aws.String(at.ShardID),
		ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: aws.String(at.Start),
	})
	var noShard *types.ResourceNotFoundException
	if errors.As(err, &noShard) {
		return nil, gone
	}
	if err != nil {
		return nil, fmt.Errorf("finding where to read from: %w", err)
	}
	for iterator := out.ShardIterator; iterator != nil; {
		page, err := f.Stream.GetRecords(ctx, &kinesis.GetRecordsInput{StreamARN: aws.String(f.StreamARN), ShardIterator: iterator, Limit: aws.Int32(readLimit)})
		if err != nil {
			return nil, fmt.Errorf("reading records: %w", err)
		}
		for _, r := range page.Records {
			if len(records) == 0 && aws.ToString(r.SequenceNumber) != at.Start {
				return nil, gone
			}
			if bySequence(aws.ToString(r.SequenceNumber), at.End) > 0 {
				return records, nil
			}
			if records = append(records, r); aws.ToString(r.SequenceNumber) == at.End {
				return records, nil
			}
		}
		if len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0 {
			break
		}
		iterator = page.NextShardIterator
		if err := pause(ctx, readEvery); err != nil {
			return nil, err
		}
	}
	return nil, gone
}

// bySequence compares sequence numbers: decimal numbers of any length, without leading zeros.
func bySequence(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }
