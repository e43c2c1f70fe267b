package check_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/check"
	"github.com/order-patterns/order-patterns/order/checker"
)

// queue keeps what is sent to it.
type queue struct {
	mu   sync.Mutex
	sent []string
	fail error
}

func (q *queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fail != nil {
		return nil, q.fail
	}
	if aws.ToString(in.QueueUrl) != "https://findings" {
		return nil, errors.New("unknown queue")
	}
	q.sent = append(q.sent, aws.ToString(in.MessageBody))
	return &sqs.SendMessageOutput{}, nil
}

func order(id string) events.SQSMessage {
	return events.SQSMessage{MessageId: "m" + id, Body: `{"orderId":"` + id + `","customerId":"c1","items":[{"productId":"p","qty":1}],"totalAmount":1}`}
}

func run(t *testing.T, q *queue, messages ...events.SQSMessage) (failed []string) {
	t.Helper()
	c := &check.Checker{Check: checker.Stock, Findings: q, QueueURL: "https://findings", Judge: func(_ context.Context, o checker.Order) (bool, string, error) {
		switch o.OrderID {
		case "yes":
			return true, "Sufficient <stock>", nil
		case "no":
			return false, "Unknown product p", nil
		}
		return false, "", errors.New("throttled")
	}}
	response, err := c.Handle(context.Background(), events.SQSEvent{Records: messages})
	require.NoError(t, err)
	require.NotNil(t, response.BatchItemFailures)
	for _, f := range response.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func TestWhatIsFoundIsSentAndOnlyWhatCannotBeToldFails(t *testing.T) {
	q := &queue{}
	malformed := events.SQSMessage{MessageId: "m?", Body: "{"}
	require.Equal(t, []string{"m?", "mbusy"}, run(t, q, order("yes"), malformed, order("no"), order("busy"), order("yes")))
	require.ElementsMatch(t, []string{
		`{"orderId":"yes","check":"stock","passed":true,"log":"Sufficient <stock>"}`,
		`{"orderId":"no","check":"stock","passed":false,"log":"Unknown product p"}`,
		`{"orderId":"yes","check":"stock","passed":true,"log":"Sufficient <stock>"}`,
	}, q.sent)
	for _, sent := range q.sent {
		_, err := checker.ParseFinding([]byte(sent))
		require.NoError(t, err)
	}
}

func TestAFindingThatCouldNotBeSentIsAnOrderThatComesAgain(t *testing.T) {
	q := &queue{fail: errors.New("down")}
	require.Equal(t, []string{"myes", "mno"}, run(t, q, order("yes"), order("no")))
}

func TestAnEmptyBatchFindsNothing(t *testing.T) {
	q := &queue{}
	require.Empty(t, run(t, q))
	require.Empty(t, q.sent)
}
