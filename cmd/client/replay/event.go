package replay

import (
	"cmp"
	"encoding/base64"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxPayload is the size limit of an event in bytes, a little less than the 6 MB that an invocation takes.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxPayload = 6_000_000

// place is the shard that records come from.
type place struct {
	streamARN, region, shardID string
	source                     string // of the events; "" for Lambda's own
}

// event is the event that Lambda sends for records when it reads the stream itself, except that invokeIdentityArn is empty:
// the records were not read by an event source mapping. If the whole stream is replayed, eventSource says so.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
func (p place) event(records []record) events.KinesisEvent {
	var e events.KinesisEvent
	for _, r := range records {
		e.Records = append(e.Records, events.KinesisEventRecord{
			AwsRegion:      p.region,
			EventID:        p.shardID + ":" + aws.ToString(r.SequenceNumber),
			EventName:      "aws:kinesis:record",
			EventSource:    cmp.Or(p.source, "aws:kinesis"),
			EventSourceArn: p.streamARN,
			EventVersion:   "1.0",
			Kinesis: events.KinesisRecord{
				ApproximateArrivalTimestamp: events.SecondsEpochTime{Time: aws.ToTime(r.ApproximateArrivalTimestamp)},
				Data:                        r.Data,
				PartitionKey:                aws.ToString(r.PartitionKey),
				SequenceNumber:              aws.ToString(r.SequenceNumber),
				KinesisSchemaVersion:        "1.0",
			},
		})
	}
	return e
}

// recordOverhead is the maximum size in bytes of a record in an event without its data, partition key and ARN.
const recordOverhead = 600

// fitting returns how many of the records fit into an event, at most limit and at least one.
func (p place) fitting(records []record, limit int) int {
	size := 0
	for n, r := range records[:min(limit, len(records))] {
		// JSON encodes a character of the key in six bytes at most.
		size += base64.StdEncoding.EncodedLen(len(r.Data)) + 6*len(aws.ToString(r.PartitionKey)) + len(p.streamARN) + recordOverhead
		if size > maxPayload && n > 0 {
			return n
		}
	}
	return min(limit, len(records))
}
