// Package deadline lets a handler stop its work shortly before its invocation times out. It can then still report which part is not done.
// An invocation that times out reports nothing.
package deadline

import (
	"context"
	"time"
)

// Margin is the time between the end of the work and the deadline of the invocation. The margin is a tenth of the remaining time if that is
// shorter.
const Margin = time.Second

// Ahead returns a context that ends Margin before the deadline of ctx. Without a deadline, it ends with ctx.
func Ahead(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(Margin, time.Until(deadline)/10)))
}
