package kinesisbatch

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

// SendMessageAPI is the part of an SQS client that a Reader uses. It needs sqs:SendMessage on the failure queue.
type SendMessageAPI interface {
	SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error)
}

// Reader is a reader of a stream with a failure queue, an SQS queue. Lambda sends messages about records that it stopped retrying to the
// same queue; those have the member KinesisBatchInfo. All fields are required.
type Reader struct {
	Client      SendMessageAPI
	FailuresURL string
}

// New returns a reader. The variable FAILURES_URL is the URL of its failure queue.
func New(env *lambdaenv.Env) *Reader {
	return &Reader{Client: sqs.NewFromConfig(env.AWS), FailuresURL: env.Required("FAILURES_URL")}
}

// Failure is the JSON message about a record that can never succeed. The same record may be reported more than once.
type Failure struct {
	// Error is the reason. It is truncated to 4 KiB.
	Error  string `json:"error"`
	Record Record `json:"record"`
}

// Record is a record and its position in the stream. JSON encodes the data in base64.
type Record struct {
	StreamARN      string    `json:"streamArn"`
	ShardID        string    `json:"shardId"`
	SequenceNumber string    `json:"sequenceNumber"`
	PartitionKey   string    `json:"partitionKey"`
	Arrived        time.Time `json:"approximateArrivalTimestamp"`
	// Data is empty if the record does not fit into a message. DataOmitted is then its size in bytes. The record can be read from the
	// stream until its retention period ends.
	Data        []byte `json:"data"`
	DataOmitted int    `json:"dataOmittedBytes,omitempty"`
}

const (
	// maxMessage is the largest message, in bytes, of queues that the AWS provider creates.
	maxMessage = 256 << 10
	maxError   = 4 << 10 // bytes
)

// xmlSafe escapes the characters that JSON does not escape, and that SQS does not accept:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
var xmlSafe = strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`)

// send sends a record to the failure queue, with the record's tracing header.
func (r *Reader) send(ctx context.Context, rec events.KinesisEventRecord, why refusal) error {
	body, err := newFailure(rec, why.cause).message()
	if err != nil {
		return err
	}
	in := &sqs.SendMessageInput{
		QueueUrl: aws.String(r.FailuresURL), MessageBody: aws.String(body), MessageSystemAttributes: sqsbatch.TraceHeader(why.header),
	}
	if _, err := r.Client.SendMessage(ctx, in); err != nil {
		return fmt.Errorf("sending the record to the failure queue, because of %w: %w", why.cause, err)
	}
	return nil
}

func newFailure(r events.KinesisEventRecord, cause error) Failure {
	// The event of a consumer with enhanced fan-out may have the consumer's ARN.
	stream, _, _ := strings.Cut(r.EventSourceArn, "/consumer/")
	text := cause.Error()
	return Failure{
		Error: text[:min(len(text), maxError)],
		Record: Record{
			StreamARN: stream, ShardID: shardID(r), SequenceNumber: r.Kinesis.SequenceNumber, PartitionKey: r.Kinesis.PartitionKey,
			Arrived: r.Kinesis.ApproximateArrivalTimestamp.UTC(), Data: r.Kinesis.Data,
		},
	}
}

// message encodes the failure. It omits data that does not fit.
func (f Failure) message() (string, error) {
	for {
		text, err := json.Marshal(f)
		if err != nil {
			return "", fmt.Errorf("encoding the failure of record %s: %w", f.Record.SequenceNumber, err)
		}
		if message := xmlSafe.Replace(string(text)); len(message) <= maxMessage || f.Record.Data == nil {
			return message, nil
		}
		f.Record.Data, f.Record.DataOmitted = nil, len(f.Record.Data)
	}
}
