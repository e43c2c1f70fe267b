// Package deadline lets a handler stop its work shortly before its invocation times out. It can then still answer which
// part is not done; a time-out answers nothing.
package deadline

import (
	"context"
	"time"
)

// Margin is the time between the end of the work and the deadline of the invocation. If a tenth of the time left is
// less, that is the margin.
const Margin = time.Second

// Ahead returns a context that ends Margin before the deadline of ctx, or with ctx if that has none.
func Ahead(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(Margin, time.Until(deadline)/10)))
}
