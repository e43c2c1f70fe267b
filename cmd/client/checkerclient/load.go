package checkerclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
)

// pause is the time until a request is sent again, per previous attempt.
const pause = 100 * time.Millisecond

// SetBalances sets balances, atOnce at a time. It stops at the first error.
func (c *Client) SetBalances(ctx context.Context, b Balances, atOnce int) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(atOnce)
	for id, balance := range b.Accounts {
		all.Go(func() error { return c.SetAccount(ctx, id, balance) })
	}
	for id, pieces := range b.Stock {
		all.Go(func() error { return c.SetStock(ctx, id, pieces) })
	}
	return all.Wait()
}

// Load places a number of orders.
type Load struct {
	Client *Client
	// Next generates an order. Calls do not overlap.
	Next func() checker.Order
	// Count is the number of orders, AtOnce the number of concurrent requests. Both are at least 1.
	Count, AtOnce int
	// Attempts is how often an order is sent at most. It is sent again, with the same Idempotency-Key, if the answer is 429 or 5xx or
	// missing. The last answer counts. Default 1.
	Attempts int
	// Accepted is called at once with each accepted order. Calls do not overlap. An error stops the run. Optional.
	Accepted func(checker.Record) error
	// Answered is called after each order's last answer. Calls do not overlap. Optional.
	Answered func()
}

// Run places the orders, each with its own Idempotency-Key. If ctx ends or Accepted fails, no more orders are sent; Run then returns the
// answers so far with an error that gives the reason.
func (l *Load) Run(ctx context.Context) (*load.Answers, error) {
	run, sent := uuid.NewString(), atomic.Int64{}
	return load.Run[checker.Order, checker.Record]{
		Count: l.Count, AtOnce: l.AtOnce,
		Next: l.Next,
		Place: func(ctx context.Context, o checker.Order) (checker.Record, error) {
			return l.place(ctx, fmt.Sprintf("%s-%d", run, sent.Add(1)), o)
		},
		Want:     http.StatusOK,
		Accepted: l.Accepted, Answered: l.Answered,
	}.Do(ctx)
}

func (l *Load) place(ctx context.Context, key string, o checker.Order) (checker.Record, error) {
	for attempt := 1; ; attempt++ {
		rec, err := l.Client.Place(ctx, key, o)
		if err == nil || attempt >= l.Attempts || !retryable(err) {
			return rec, err
		}
		select {
		case <-ctx.Done():
			return rec, err
		case <-time.After(pause * time.Duration(attempt)):
		}
	}
}

func retryable(err error) bool {
	var answered *load.StatusError
	return !errors.As(err, &answered) || answered.Status == http.StatusTooManyRequests || answered.Status >= 500
}
