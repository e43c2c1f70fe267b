package findings_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/findings"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/order/checker"
)

// queue keeps what is sent to it.
type queue struct {
	sent []string
	fail error
}

func (q *queue) SendMessage(_ context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if q.fail != nil {
		return nil, q.fail
	}
	if aws.ToString(in.QueueUrl) != "https://findings" {
		return nil, errors.New("unknown queue")
	}
	q.sent = append(q.sent, aws.ToString(in.MessageBody))
	return &sqs.SendMessageOutput{}, nil
}

var finding = checker.Finding{OrderID: "yes", Check: checker.Stock, Passed: true, Log: "Sufficient <stock>"}

func TestAFindingIsSentAndLogged(t *testing.T) {
	q := &queue{}
	lines := handlertest.Logged(t, func() {
		require.NoError(t, (&findings.Queue{Client: q, URL: "https://findings"}).Send(logfields.Add(t.Context(), "messageId", "m1"), finding))
	})
	require.Equal(t, []string{`{"orderId":"yes","check":"stock","passed":true,"log":"Sufficient <stock>"}`}, q.sent)
	back, err := checker.ParseFinding([]byte(q.sent[0]))
	require.NoError(t, err)
	require.Equal(t, finding, back)
	require.Equal(t, []map[string]any{{
		"level": "INFO", "msg": "order checked", "orderId": "yes", "check": "stock", "passed": true, "outcome": "sufficient", "messageId": "m1",
	}}, lines)
}

func TestAFindingThatCouldNotBeSentIsAnError(t *testing.T) {
	down := errors.New("down")
	err := (&findings.Queue{Client: &queue{fail: down}, URL: "https://findings"}).Send(t.Context(), finding)
	require.ErrorIs(t, err, down)
	require.ErrorContains(t, err, "sending the finding of the stock check on order yes")
}
