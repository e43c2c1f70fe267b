package replay_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

// queue is a failure queue in memory. A message that was received is not received again.
type queue struct {
	bodies   []string
	late     int // how many of the last messages were sent after the replay began
	received int
	deleted  []int
}

func (q *queue) ReceiveMessage(_ context.Context, in *sqs.ReceiveMessageInput, _ ...func(*sqs.Options)) (*sqs.ReceiveMessageOutput, error) {
	if aws.ToString(in.QueueUrl) != "https://failures" {
		return nil, fmt.Errorf("unexpected queue %s", aws.ToString(in.QueueUrl))
	}
	out := &sqs.ReceiveMessageOutput{}
	for len(out.Messages) < 2 && q.received < len(q.bodies) {
		sent := time.Now().Add(-time.Hour)
		if q.received >= len(q.bodies)-q.late {
			sent = time.Now().Add(time.Hour)
		}
		out.Messages = append(out.Messages, types.Message{
			Body: &q.bodies[q.received], ReceiptHandle: aws.String(strconv.Itoa(q.received)),
			Attributes: map[string]string{"SentTimestamp": strconv.FormatInt(sent.UnixMilli(), 10)},
		})
		q.received++
	}
	return out, nil
}

func (q *queue) DeleteMessage(_ context.Context, in *sqs.DeleteMessageInput, _ ...func(*sqs.Options)) (*sqs.DeleteMessageOutput, error) {
	n, err := strconv.Atoi(*in.ReceiptHandle)
	q.deleted = append(q.deleted, n)
	return &sqs.DeleteMessageOutput{}, err
}

const failingShard = "shardId-000000000000"

func lambdasMessage(start, end string) string {
	return fmt.Sprintf(`{"requestContext":{"condition":"RetryAttemptsExhausted"},"KinesisBatchInfo":{"shardId":%q,"startSequenceNumber":%q,"endSequenceNumber":%q,"batchSize":3}}`, failingShard, start, end)
}

func readersMessage(number, rest string) string {
	return fmt.Sprintf(`{"error":"malformed","record":{"streamArn":%q,"shardId":%q,"sequenceNumber":%q,"partitionKey":"a7",`+
		`"approximateArrivalTimestamp":"2026-03-01T08:30:00.123Z",%s}}`, streamARN, failingShard, number, rest)
}

func replayFailures(t *testing.T, s *stream, f *functions, q *queue) (replay.Result, error) {
	t.Helper()
	return (&replay.Failures{
		Replay: replay.Replay{Stream: s, Lambda: f, StreamARN: streamARN, Functions: []string{"project"}, Until: time.Now(), Batch: 100, MaxRefused: 10},
		Queue:  q, URL: "https://failures",
	}).Run(t.Context())
}

func TestBothKindsOfFailuresAreReplayedAndTheirMessagesDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &functions{}
		q := &queue{bodies: []string{
			lambdasMessage("1003", "1005"),
			readersMessage("1008", `"data":"aGVsbG8="`),
			readersMessage("1009", `"data":null,"dataOmittedBytes":20`),
			readersMessage("1001", `"data":"aGVsbG8="`),
		}, late: 1}
		result, err := replayFailures(t, one(12), f, q)
		require.NoError(t, err)
		require.Empty(t, result.Refused)
		require.Equal(t, map[string]int{"project": 5}, result.Handled)
		require.Equal(t, []string{"1003", "1004", "1005", "1008", "1009"}, f.handled["project"])
		require.Equal(t, []int{0, 1, 2}, q.deleted, "the last message is newer than the replay")
		inside := f.events[1].Records[0]
		require.Equal(t, "hello", string(inside.Kinesis.Data))
		require.Equal(t, "a7", inside.Kinesis.PartitionKey)
		require.Equal(t, failingShard+":1008", inside.EventID)
		require.Equal(t, streamARN, inside.EventSourceArn)
		require.Equal(t, failingShard, string(f.events[2].Records[0].Kinesis.Data), "it was read from the stream")
	})
}

func TestAMessageWhoseRecordsAreRefusedOrGoneStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := one(12)
		s.shards[0].records = slices.Delete(s.shards[0].records, 0, 2) // they expired
		f := &functions{poison: map[string]int{"1004": forever}}
		q := &queue{bodies: []string{
			lambdasMessage("1003", "1005"), lambdasMessage("1001", "1002"), lambdasMessage("1020", "1021"), `"hello"`, lambdasMessage("1006", "1006"),
		}}
		result, err := replayFailures(t, s, f, q)
		require.NoError(t, err)
		require.Equal(t, []int{4}, q.deleted)
		require.Equal(t, map[string]int{"project": 3}, result.Handled)
		require.Len(t, result.Refused, 4)
		require.Contains(t, reasons(t, result), "sequence number 1004 of shard shardId-000000000000 by project: reported as failed")
		require.Contains(t, reasons(t, result), "sequence number 1001 of shard shardId-000000000000 by project: the stream does not have the records any longer")
		require.Contains(t, reasons(t, result), "the message is neither of the reader nor of Lambda")
	})
}
