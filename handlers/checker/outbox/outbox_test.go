package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/outbox"
)

type queue struct {
	sent []*sqs.SendMessageInput
	fail error
}

func (q *queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	q.sent = append(q.sent, in)
	return &sqs.SendMessageOutput{}, q.fail
}

func TestOneMessageAnnouncesAllOrdersOfARequest(t *testing.T) {
	q := &queue{}
	require.NoError(t, (&outbox.Queue{Client: q, URL: "https://outbox"}).Announce(t.Context(), []string{"o1", "o2"}))
	require.Equal(t, []*sqs.SendMessageInput{{
		QueueUrl: aws.String("https://outbox"), MessageBody: aws.String(`{"orderIds":["o1","o2"]}`), DelaySeconds: 900,
	}}, q.sent)
	q.fail = errors.New("down")
	require.EqualError(t, (&outbox.Queue{Client: q}).Announce(t.Context(), []string{"o1", "o2"}), "announcing 2 orders: down")
}

func TestTheDelayOutlastsTheDeadline(t *testing.T) {
	for left, want := range map[time.Duration]int32{-time.Minute: 30, 10500 * time.Millisecond: 41, time.Hour: 900} {
		q := &queue{}
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(left))
		require.NoError(t, (&outbox.Queue{Client: q}).Announce(ctx, []string{"o1"}))
		cancel()
		require.Equal(t, want, q.sent[0].DelaySeconds, left)
	}
}
