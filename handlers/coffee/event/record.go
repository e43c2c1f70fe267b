package event

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consumer returns a kinesisbatch.Parse for records that are events. consume processes them.
func Consumer(consume func(ctx context.Context, e Event, r events.KinesisEventRecord) error) kinesisbatch.Parse {
	return func(r events.KinesisEventRecord) (header string, handle kinesisbatch.Handle) {
		e, err := Parse(r.Kinesis.Data)
		return e.Trace, func(ctx context.Context) error {
			if err != nil {
				seen.Refused(ctx, r.Kinesis.Data)
				return permanent.Error(fmt.Errorf("reading the record as an order event: %w", err))
			}
			return consume(logfields.Add(ctx, "eventId", e.ID.String()), e, r)
		}
	}
}

// Accepted returns when the event of the record was accepted. It returns the zero time for a record of a replay of the whole stream, for
// which the age of an event is not limited (see package store).
func Accepted(e Event, r events.KinesisEventRecord) time.Time {
	if r.EventSource == coffee.ReplaySource {
		return time.Time{}
	}
	return e.Time
}
