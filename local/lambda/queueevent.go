package lambda

import (
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/xray"
)

// sqsRecord is a message in an event: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
type sqsRecord struct {
	MessageID         string                  `json:"messageId"`
	ReceiptHandle     string                  `json:"receiptHandle"`
	Body              string                  `json:"body"`
	Attributes        map[string]string       `json:"attributes"`
	MessageAttributes map[string]sqsAttribute `json:"messageAttributes"`
	MD5OfAttributes   string                  `json:"md5OfMessageAttributes,omitempty"`
	MD5OfBody         string                  `json:"md5OfBody"`
	EventSource       string                  `json:"eventSource"`
	EventSourceARN    string                  `json:"eventSourceARN"`
	Region            string                  `json:"awsRegion"`
}

type sqsAttribute struct {
	StringValue      *string  `json:"stringValue,omitempty"`
	BinaryValue      []byte   `json:"binaryValue,omitempty"`
	StringListValues []string `json:"stringListValues"`
	BinaryListValues []string `json:"binaryListValues"`
	DataType         string   `json:"dataType"`
}

// records is an event and its messages.
type records struct {
	messages []sqs.Received
	payload  []byte
}

// parts makes the events of a batch: one, unless its payload would be too large.
func (q *sqsSource) parts(batch []sqs.Received) []records {
	const frame = len(eventHead) + len(eventFoot)
	encoded := make([][]byte, len(batch))
	var parts []records
	begun, size := 0, frame
	for i := range batch {
		encoded[i] = q.record(&batch[i])
		if i > begun && size+len(encoded[i]) > maxSyncPayload {
			parts = append(parts, records{batch[begun:i], recordsEvent(encoded[begun:i])})
			begun, size = i, frame
		}
		size += len(encoded[i]) + len(",")
	}
	return append(parts, records{batch[begun:], recordsEvent(encoded[begun:])})
}

func (q *sqsSource) record(m *sqs.Received) []byte {
	r := sqsRecord{
		MessageID: m.MessageID, ReceiptHandle: m.ReceiptHandle, Body: m.Body, Attributes: m.Attributes,
		MessageAttributes: make(map[string]sqsAttribute, len(m.MessageAttributes)), MD5OfBody: m.MD5OfBody,
		MD5OfAttributes: m.MD5OfAttributes, EventSource: "aws:sqs", EventSourceARN: q.arn, Region: account.Region,
	}
	for name, a := range m.MessageAttributes {
		out := sqsAttribute{DataType: a.DataType, BinaryValue: a.BinaryValue, StringListValues: []string{}, BinaryListValues: []string{}}
		if a.BinaryValue == nil {
			out.StringValue = &a.StringValue
		}
		r.MessageAttributes[name] = out
	}
	return strictjson.Encode(r)
}

// succeeded returns the messages that are not reported as failed. It returns false if the whole batch failed, because the
// answer is invalid or contains an identifier that is not in the batch.
func succeeded(response []byte, batch []sqs.Received) ([]sqs.Received, bool) {
	failed, ok := failedItems(response)
	if !ok {
		return nil, false
	}
	for _, id := range failed {
		if !slices.ContainsFunc(batch, func(m sqs.Received) bool { return m.MessageID == id }) {
			return nil, false
		}
	}
	return slices.DeleteFunc(slices.Clone(batch), func(m sqs.Received) bool { return slices.Contains(failed, m.MessageID) }), true
}

// maxLinks is a quota of X-Ray: https://docs.aws.amazon.com/xray/latest/devguide/xray-tracelinking.html
const maxLinks = 20

// linksOf returns links to the sampled traces of the senders of messages, one for each trace.
func linksOf(messages []sqs.Received) (links []xray.Link) {
	for i := range messages {
		h, ok := xray.ParseHeader(messages[i].Attributes["AWSTraceHeader"])
		known := func(l xray.Link) bool { return l.TraceID == h.Root }
		if ok && h.Sampled && len(links) < maxLinks && !slices.ContainsFunc(links, known) {
			links = append(links, xray.Link{TraceID: h.Root, ID: h.Parent})
		}
	}
	return links
}
