package event

import (
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
)

// FromRecord parses a record of the stream. The logger has the ids of the event and of the record.
func FromRecord(r events.KinesisEventRecord) (Event, *slog.Logger, error) {
	e, err := Parse(r.Kinesis.Data)
	if err != nil {
		return Event{}, nil, fmt.Errorf("reading the record as an order event: %w", err)
	}
	return e, slog.With("eventid", e.ID.String(), "sequenceNumber", r.Kinesis.SequenceNumber), nil
}
