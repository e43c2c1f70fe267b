package replay

import (
	"cmp"
	"encoding/base64"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxPayload is the largest event in bytes, a little less than the 6 MB that Lambda accepts.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxPayload = 6_000_000

// place is the shard of records.
type place struct {
	streamARN, region, shardID string
	source                     string // of the events; "" for Lambda's own
}

// event returns the event that Lambda sends for records when it reads the stream itself. Only invokeIdentityArn is empty, because no event
// source mapping read the records. eventSource says if the whole stream is replayed.
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

// recordOverhead is the largest size of a record in an event, in bytes, without its data, partition key and ARN.
const recordOverhead = 600

// fitting returns how many of the records fit into an event, at most limit and at least one.
func (p place) fitting(records []record, limit int) int {
	size := 0
	for n, r := range records[:min(limit, len(records))] {
		// JSON encodes a character of the key in at most six bytes.
		size += base64.StdEncoding.EncodedLen(len(r.Data)) + 6*len(aws.ToString(r.PartitionKey)) + len(p.streamARN) + recordOverhead
		if size > maxPayload && n > 0 {
			return n
		}
	}
	return min(limit, len(records))
}
