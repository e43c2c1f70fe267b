package sqsbatch

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/order-patterns/order-patterns/handlers/kit/awserr"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// ErrorAttribute is the attribute of a dead letter that says why the message can never succeed.
const ErrorAttribute = "Error"

// maxError is the largest size of the error in the attribute, in bytes.
const maxError = 1024

// deadLetter sends the message to the dead-letter queue, with its attributes, its tracing header and the error. If SQS refuses that, it
// sends the message without the error: a message has at most ten attributes and a limited size, and some characters are not allowed.
//
// See https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func (q *Queue) deadLetter(ctx context.Context, m *message, cause error) error {
	in := &sqs.SendMessageInput{
		QueueUrl: aws.String(q.DeadLettersURL), MessageBody: aws.String(m.Body), MessageAttributes: map[string]types.MessageAttributeValue{},
		MessageSystemAttributes: TraceHeader(m.header()),
	}
	for name, a := range m.MessageAttributes {
		in.MessageAttributes[name] = types.MessageAttributeValue{
			DataType: aws.String(a.DataType), StringValue: a.StringValue, BinaryValue: a.BinaryValue,
		}
	}
	text := cause.Error()
	in.MessageAttributes[ErrorAttribute] = types.MessageAttributeValue{
		DataType: aws.String("String"), StringValue: aws.String(strings.ToValidUTF8(text[:min(len(text), maxError)], "")),
	}
	sent, err := q.Client.SendMessage(ctx, in)
	if awserr.Permanent(err) {
		delete(in.MessageAttributes, ErrorAttribute)
		sent, err = q.Client.SendMessage(ctx, in)
	}
	if err != nil {
		return fmt.Errorf("sending the message to the dead-letter queue, because of %w: %w", cause, err)
	}
	metric.Log(ctx, slog.LevelError, "message can never succeed; it was sent to the dead-letter queue", []metric.Value{metric.Reject(metric.DeadLettered)},
		"deadLetterId", aws.ToString(sent.MessageId), "outcome", "rejected", "error", cause)
	return nil
}

// TraceHeader returns the system attribute of a message with this tracing header. It takes precedence over the header of the request. It
// returns nil if the header is not valid, because SQS would refuse it.
//
// See https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
func TraceHeader(header string) map[string]types.MessageSystemAttributeValue {
	header = trace.Plain(header)
	if header == "" {
		return nil
	}
	return map[string]types.MessageSystemAttributeValue{
		string(types.MessageSystemAttributeNameForSendsAWSTraceHeader): {DataType: aws.String("String"), StringValue: aws.String(header)},
	}
}
