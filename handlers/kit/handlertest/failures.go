package handlertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
)

// Failures is the failure queue of a reader of a stream.
type Failures struct {
	// Sent holds the messages that were sent.
	Sent []kinesisbatch.Failure
	// Refuse is the error of each send; nil accepts them.
	Refuse error
}

// Reader returns the reader with this failure queue.
func (f *Failures) Reader() *kinesisbatch.Reader {
	return &kinesisbatch.Reader{Client: f, FailuresURL: "https://failures"}
}

// Numbers returns the sequence numbers of the records that were sent.
func (f *Failures) Numbers() (numbers []string) {
	for _, m := range f.Sent {
		numbers = append(numbers, m.Record.SequenceNumber)
	}
	return numbers
}

// SendMessage records a message.
func (f *Failures) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if err := errors.Join(f.Refuse, ctx.Err()); err != nil {
		return nil, err
	}
	var m kinesisbatch.Failure
	if err := json.Unmarshal([]byte(aws.ToString(in.MessageBody)), &m); err != nil || aws.ToString(in.QueueUrl) != "https://failures" {
		return nil, fmt.Errorf("unexpected message to %s: %s", aws.ToString(in.QueueUrl), aws.ToString(in.MessageBody))
	}
	f.Sent = append(f.Sent, m)
	return &sqs.SendMessageOutput{}, nil
}
