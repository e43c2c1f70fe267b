package replay

import (
	"encoding/base64"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
)

// maxPayload is how many bytes of an event are filled, a little less than the 6 MB that an invocation takes.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxPayload = 6_000_000

// place is where records come from.
type place struct {
	streamARN, region, shardID string
}

// event lays records out as Lambda does when it reads the stream itself. Only invokeIdentityArn is empty: no mapping
// read them.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
func (p place) event(records []record) events.KinesisEvent {
	var e events.KinesisEvent
	for _, r := range records {
		e.Records = append(e.Records, events.KinesisEventRecord{
			AwsRegion:      p.region,
			EventID:        p.shardID + ":" + aws.ToString(r.SequenceNumber),
			EventName:      "aws:kinesis:record",
			EventSource:    "aws:kinesis",
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

// around is how many bytes a record takes in an event at most, besides its data, its partition key and the ARN.
const around = 600

// fitting is how many of the records, at most limit and at least one, fit into an event.
func (p place) fitting(records []record, limit int) int {
	size := 0
	for n, r := range records[:min(limit, len(records))] {
		// JSON writes a character of the key in six bytes at most.
		size += base64.StdEncoding.EncodedLen(len(r.Data)) + 6*len(aws.ToString(r.PartitionKey)) + len(p.streamARN) + around
		if size > maxPayload && n > 0 {
			return n
		}
	}
	return min(limit, len(records))
}
