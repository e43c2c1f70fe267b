package event

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// FromRecord parses a record of the stream. The logger has the ids of the event and of the record.
func FromRecord(r events.KinesisEventRecord) (Event, *slog.Logger, error) {
	e, err := Parse(r.Kinesis.Data)
	if err != nil {
		return Event{}, nil, fmt.Errorf("reading the record as an order event: %w", err)
	}
	return e, slog.With("eventid", e.ID.String(), "sequenceNumber", r.Kinesis.SequenceNumber), nil
}

// Accepted returns when the event of the record was accepted, or the zero time for a record of a replay of the whole stream,
// in which the age of an event does not matter (see package store).
func Accepted(e Event, r events.KinesisEventRecord) time.Time {
	if r.EventSource == coffee.ReplaySource {
		return time.Time{}
	}
	return e.Time
}
