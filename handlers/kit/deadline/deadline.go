// Package deadline lets a handler end its work a little before its invocation would be ended: an answer that says
// what is not done is worth more than a time-out, which says nothing.
package deadline

import (
	"context"
	"time"
)

// Margin is how long before the invocation's deadline the work ends. A tenth of the time left is taken instead if
// that is less.
const Margin = time.Second

// Ahead gives a context that ends Margin before ctx's deadline, or with ctx if that has none.
func Ahead(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(Margin, time.Until(deadline)/10)))
}
