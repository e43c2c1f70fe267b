package lambda

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// sqsRecord is a message as functions get it: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
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

// records is an event and the messages that are in it.
type records struct {
	messages []sqs.Received
	payload  []byte
}

// parts makes events of a batch: one, unless that would be larger than an invocation may be.
func (q *sqsSource) parts(batch []sqs.Received) []records {
	const head, foot = `{"Records":[`, `]}`
	var parts []records
	var event bytes.Buffer
	begun := 0
	flush := func(end int) {
		event.WriteString(foot)
		parts = append(parts, records{batch[begun:end], bytes.Clone(event.Bytes())})
		event.Reset()
		begun = end
	}
	for i := range batch {
		record := q.record(&batch[i])
		if i > begun && event.Len()+len(record)+len(foot)+1 > maxSyncPayload {
			flush(i)
		}
		if i == begun {
			event.WriteString(head)
		} else {
			event.WriteByte(',')
		}
		event.Write(record)
	}
	flush(len(batch))
	return parts
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
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		panic("lambda: " + err.Error()) // strings only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// succeeded tells which messages a function has dealt with, by what it answered to ReportBatchItemFailures; false if
// the whole batch counts as failed, because the answer is not valid or names a message that is not in the batch.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
func succeeded(response []byte, batch []sqs.Received) ([]sqs.Received, bool) {
	if len(bytes.TrimSpace(response)) == 0 {
		return batch, true
	}
	var answer *struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return nil, false
	}
	if answer == nil || len(answer.BatchItemFailures) == 0 {
		return batch, true
	}
	failed := map[string]bool{}
	for _, f := range answer.BatchItemFailures {
		known := slices.ContainsFunc(batch, func(m sqs.Received) bool { return m.MessageID == f.ItemIdentifier })
		if !known {
			return nil, false // empty, null and a wrong key, too
		}
		failed[f.ItemIdentifier] = true
	}
	var done []sqs.Received
	for _, m := range batch {
		if !failed[m.MessageID] {
			done = append(done, m)
		}
	}
	return done, true
}
