package sqsbatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

// received is a message that was received n times.
func received(id string, n int) events.SQSMessage {
	return events.SQSMessage{
		MessageId: id, ReceiptHandle: "receipt of " + id, Body: "body of " + id,
		Attributes: map[string]string{"ApproximateReceiveCount": fmt.Sprint(n)},
	}
}

func fails(err error) sqsbatch.Handle {
	return func(context.Context, events.SQSMessage) error { return err }
}

var (
	malformed = permanent.Error(errors.New("order.details.quantity: must be an integer"))
	errDown   = errors.New("the table is not available")
	refused   = &smithy.GenericAPIError{Code: "InvalidParameterValue", Message: "too many attributes"}
)

func TestAMessageThatCanNeverSucceedGoesToTheDeadLettersAtOnceAndCountsAsHandled(t *testing.T) {
	q := &handlertest.Queue{}
	m := received("m0", 1)
	m.MessageAttributes = map[string]events.SQSMessageAttribute{
		"city": {DataType: "String", StringValue: aws.String("Rome")},
		"raw":  {DataType: "Binary", BinaryValue: []byte{0, 1}},
	}
	r := q.Consumer().Process(t.Context(), events.SQSEvent{Records: []events.SQSMessage{m}}, 1, fails(fmt.Errorf("parsing: %w", malformed)))
	require.Empty(t, failed(r))
	require.Empty(t, q.Delays())
	require.Len(t, q.Dead(), 1)
	require.Equal(t, "body of m0", *q.Dead()[0].MessageBody)
	require.Equal(t, map[string]types.MessageAttributeValue{
		"city":  {DataType: aws.String("String"), StringValue: aws.String("Rome")},
		"raw":   {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1}},
		"Error": {DataType: aws.String("String"), StringValue: aws.String("parsing: order.details.quantity: must be an integer")},
	}, q.Dead()[0].MessageAttributes)
}

func TestTheErrorOfADeadLetterIsCut(t *testing.T) {
	q := &handlertest.Queue{}
	r := q.Consumer().Process(t.Context(), batch(1), 1, fails(permanent.Error(errors.New("x"+strings.Repeat("é", 1000)))))
	require.Empty(t, failed(r))
	require.Equal(t, "x"+strings.Repeat("é", 511), *q.Dead()[0].MessageAttributes["Error"].StringValue)
}

func TestADeadLetterThatSQSRefusesWithTheErrorIsSentWithout(t *testing.T) {
	q := &handlertest.Queue{Refuse: func(in *sqs.SendMessageInput) error {
		if _, found := in.MessageAttributes["Error"]; found {
			return refused
		}
		return nil
	}}
	require.Empty(t, failed(q.Consumer().Process(t.Context(), batch(1), 1, fails(malformed))))
	require.Equal(t, []string{"0"}, q.DeadBodies())
}

func TestAMessageThatCannotBeSentToTheDeadLettersIsDeliveredAgain(t *testing.T) {
	for _, err := range []error{refused, errDown} {
		q := &handlertest.Queue{Refuse: func(*sqs.SendMessageInput) error { return err }}
		b := events.SQSEvent{Records: []events.SQSMessage{received("m0", 1)}}
		require.Equal(t, []string{"m0"}, failed(q.Consumer().Process(t.Context(), b, 1, fails(malformed))))
		require.Len(t, q.Delays(), 1)
	}
}

func TestAMessageThatMaySucceedLaterWaitsLongerEachTimeUpToAQuarterOfAnHour(t *testing.T) {
	for n, most := range map[int]time.Duration{
		1: 4 * time.Second, 2: 8 * time.Second, 3: 16 * time.Second, 4: 32 * time.Second, 5: 64 * time.Second, 6: 128 * time.Second,
		7: 256 * time.Second, 8: 512 * time.Second, 9: 15 * time.Minute, 10: 15 * time.Minute, 999: 15 * time.Minute,
	} {
		var delays []time.Duration
		for range 100 {
			q := &handlertest.Queue{}
			b := events.SQSEvent{Records: []events.SQSMessage{received("m0", n)}}
			require.Equal(t, []string{"m0"}, failed(q.Consumer().Process(t.Context(), b, 1, fails(errDown))))
			require.Empty(t, q.Dead())
			delays = append(delays, q.Delays()["receipt of m0"])
		}
		require.LessOrEqual(t, slices.Max(delays), most, n)
		require.GreaterOrEqual(t, slices.Min(delays), most/2, n)
		require.NotEqual(t, slices.Min(delays), slices.Max(delays), "jitter spreads those that failed together")
	}
}

// An invocation with such a message succeeds, and SQS leaves it out of the age of the queue.
func TestTheAgeOfAMessageThatFailsIsAMetric(t *testing.T) {
	t.Setenv("PATTERN", "fanout")
	process := func(sent string, err error) []map[string]any {
		m := received("m0", 9)
		m.Attributes["SentTimestamp"] = sent
		return handlertest.Logged(t, func() {
			(&handlertest.Queue{}).Consumer().Process(t.Context(), events.SQSEvent{Records: []events.SQSMessage{m}}, 1, fails(err))
		})
	}
	anHourAgo := strconv.FormatInt(time.Now().Add(-time.Hour).UnixMilli(), 10)
	lines := process(anHourAgo, errDown)
	require.Len(t, lines, 1)
	require.Equal(t, "message failed; it will be delivered again", lines[0]["msg"])
	require.InDelta(t, 3600, lines[0]["SecondsFailing"], 60)
	require.Contains(t, fmt.Sprint(lines[0]["_aws"]), "SecondsFailing")

	for _, err := range []error{malformed, sqsbatch.ErrNotYet, nil} {
		require.NotContains(t, fmt.Sprint(process(anHourAgo, err)), "SecondsFailing", err)
	}
	require.NotContains(t, process("", errDown)[0], "_aws", "its age is not known")
}

// A thousand receives are the most that a redrive policy allows.
func TestAThousandReceivesAreMoreThanFiveDays(t *testing.T) {
	shortest := time.Duration(0)
	for n := 1; n < 1000; n++ {
		shortest += min(sqsbatch.FirstDelay<<min(n-1, 20), sqsbatch.MaxDelay) / 2
	}
	require.Greater(t, shortest, 5*24*time.Hour)
	require.Less(t, 1000*sqsbatch.MaxDelay, 14*24*time.Hour, "before the queue's retention ends")
}

func TestAMessageThatCannotBeDelayedIsStillReported(t *testing.T) {
	q := &handlertest.Queue{NoDelay: errors.New("AccessDenied")}
	require.Equal(t, []string{"m0", "m1"}, failed(q.Consumer().Process(t.Context(), batch(2), 2, fails(errDown))))
}

func TestAMessageThatIsNotDoneBeforeTheDeadlineIsDelayedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		q := &handlertest.Queue{}
		b := events.SQSEvent{Records: []events.SQSMessage{received("m0", 9)}}
		r := q.Consumer().Process(ctx, b, 1, func(ctx context.Context, _ events.SQSMessage) error {
			<-ctx.Done()
			return ctx.Err()
		})
		require.Equal(t, []string{"m0"}, failed(r))
		require.GreaterOrEqual(t, q.Delays()["receipt of m0"], sqsbatch.MaxDelay/2)
	})
}
