package orderevent

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// Consume does the work of one order event. log says which event of the stream it is. It may be called for several
// accounts at once, and again for the same event later. It should end when ctx does.
type Consume func(ctx context.Context, o coffee.Order, log *slog.Logger) error

// Process calls consume for the events in a batch of the stream as kinesisbatch.Process calls its handler: an account's
// in their order, at most limit accounts at once, up to an account's first failure. A record that is no event is a
// failure.
func Process(ctx context.Context, batch events.KinesisEvent, limit int, consume Consume) events.KinesisEventResponse {
	return kinesisbatch.Process(ctx, batch, limit, func(ctx context.Context, r events.KinesisEventRecord) error {
		e, err := Parse(r.Kinesis.Data)
		if err != nil {
			return fmt.Errorf("reading the record as an order event: %w", err)
		}
		return consume(ctx, e.Order, slog.With("eventid", e.ID.String(), "sequenceNumber", r.Kinesis.SequenceNumber))
	})
}
