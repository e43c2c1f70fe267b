package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

const (
	// tries is how often a record may be the first to fail before it is refused. In the last attempt it is the only record.
	tries = 4
	// firstPause is the time before the second attempt. It doubles with each attempt.
	firstPause = 250 * time.Millisecond
	// maxShown is the number of bytes of a function's answer that a reason quotes.
	maxShown = 300
)

// delivery invokes one function with the records of one shard.
type delivery struct {
	api      InvokeAPI
	function string
	place    place
	batch    int
	size     int // of the next invocation: less than batch after a failure that named no record
	tally    *tally
}

// deliver invokes the function with the records in order until each is done or refused.
func (d *delivery) deliver(ctx context.Context, records []record) error {
	tried := 0 // how often the first record was the first to fail
	for len(records) > 0 {
		n := d.place.fitting(records, d.size)
		a, err := d.invoke(ctx, records[:n])
		if err != nil {
			return err
		}
		if records = records[a.done:]; a.done > 0 {
			tried = 0
			d.tally.handled(d.function, a.done)
		}
		switch {
		case a.fault == "":
			d.size = min(d.batch, 2*d.size)
			continue
		case !a.named && n > 1:
			// Halving the batch repeatedly isolates the record that fails.
			d.size = n / 2
			continue
		}
		if tried++; tried < tries {
			if tried == tries-1 {
				d.size = 1
			}
			if err := pause(ctx, firstPause<<(tried-1)); err != nil {
				return err
			}
			continue
		}
		r := Refusal{Function: d.function, ShardID: d.place.shardID, SequenceNumber: aws.ToString(records[0].SequenceNumber), Reason: a.fault}
		if err := d.tally.refused(r); err != nil {
			return err
		}
		records, tried, d.size = records[1:], 0, d.batch
	}
	return nil
}

// answer is the result of an invocation.
type answer struct {
	done  int    // how many records are done, from the first on
	fault string // why the next one is not done; "" if all are
	named bool   // whether the function named the failed record; otherwise it may be any of them
}

// invoke sends records in one event. The error is Lambda's, not the function's.
//
// See https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (d *delivery) invoke(ctx context.Context, records []record) (answer, error) {
	event, err := json.Marshal(d.place.event(records))
	if err != nil {
		return answer{}, fmt.Errorf("encoding an event of %d records: %w", len(records), err)
	}
	out, err := d.api.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(d.function), Payload: event})
	var tooLarge *types.RequestTooLargeException
	switch {
	case errors.As(err, &tooLarge):
		return answer{fault: tooLarge.Error()}, nil
	case err != nil:
		return answer{}, fmt.Errorf("invoking %s: %w", d.function, err)
	case out.FunctionError != nil:
		return answer{fault: reason(out.Payload)}, nil
	}
	return readAnswer(out.Payload, records), nil
}

// readAnswer returns which records are done according to a function's answer: those before the lowest sequence number that it names. An
// answer that names a record which is not in the batch means that all failed.
//
// See https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
func readAnswer(payload []byte, records []record) answer {
	var response events.KinesisEventResponse
	if len(bytes.TrimSpace(payload)) > 0 {
		if err := json.Unmarshal(payload, &response); err != nil {
			return answer{fault: "the answer is not one to a batch: " + show(payload)}
		}
	}
	if len(response.BatchItemFailures) == 0 {
		return answer{done: len(records)}
	}
	places := map[string]int{}
	for i, r := range records {
		places[aws.ToString(r.SequenceNumber)] = i
	}
	checkpoint := len(records)
	for _, f := range response.BatchItemFailures {
		i, known := places[f.ItemIdentifier]
		if !known {
			return answer{fault: "the answer names no record of the batch: " + show(payload)}
		}
		checkpoint = min(checkpoint, i)
	}
	return answer{done: checkpoint, fault: "reported as failed; the function's log says why", named: true}
}

// reason returns a failed function's error, for a refusal.
func reason(payload []byte) string {
	var failure struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(payload, &failure); err != nil || failure.ErrorType == "" {
		return "the function failed: " + show(payload)
	}
	return failure.ErrorType + ": " + show([]byte(failure.ErrorMessage))
}

func show(payload []byte) string { return fmt.Sprintf("%.*s", maxShown, payload) }
