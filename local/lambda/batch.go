package lambda

import (
	"bytes"
	"encoding/json"
	"time"
)

// backoff is the wait before the n-th retry, n from 1: 100 ms, doubled each time up to a limit.
func backoff(n int, limit time.Duration) time.Duration {
	const first = 100 * time.Millisecond
	if n > 20 { // the shift would overflow
		return limit
	}
	return min(first<<(n-1), limit)
}

// failedItems parses the answer of a function that reports batch item failures. ok is false if the answer is invalid: then
// the whole batch failed, and also if an identifier is not in the batch. An empty answer, and an empty or null list, mean
// success.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
func failedItems(response []byte) (ids []string, ok bool) {
	if len(bytes.TrimSpace(response)) == 0 {
		return nil, true
	}
	var answer *struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := json.Unmarshal(response, &answer); err != nil {
		return nil, false
	}
	if answer == nil {
		return nil, true
	}
	for _, f := range answer.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier) // empty for null and a wrong key: no item has that
	}
	return ids, true
}

// eventHead and eventFoot are the text of an event around its records.
const eventHead, eventFoot = `{"Records":[`, `]}`

// recordsEvent makes the event of encoded records.
func recordsEvent(encoded [][]byte) []byte {
	var event bytes.Buffer
	event.WriteString(eventHead)
	event.Write(bytes.Join(encoded, []byte(",")))
	event.WriteString(eventFoot)
	return event.Bytes()
}
