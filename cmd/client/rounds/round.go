package rounds

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/cmd/client/load"
)

// Round is the result of a round of orders.
type Round struct {
	Answers *load.Answers
	// Accepted is the time from the first request until the last answer.
	Accepted time.Duration
	// Completed are the times from the first request until each order was completed.
	Completed []time.Duration
	// Delays are the times from each order's acceptance until it was completed. If an order is completed before its client has the answer,
	// the delay is 0.
	Delays []time.Duration
}

// IncompleteError says that some orders of a round were not accepted, or not completed in time.
type IncompleteError struct {
	// Orders is the number of placed orders. Missing is the number of those that were not accepted, or not completed.
	Orders, Missing int
	// Reasons are the reasons for orders that were not accepted. It is empty if all were accepted, but some not completed within Limit.
	Reasons []string
	Limit   time.Duration
	// Logged is the last error in the logs of the functions that complete orders, or empty.
	Logged string
}

func (e *IncompleteError) Error() string {
	if len(e.Reasons) > 0 {
		return fmt.Sprintf("%d of %d orders were not accepted: %s", e.Missing, e.Orders, e.Reasons[0])
	}
	text := fmt.Sprintf("%d of %d orders were not completed within %s", e.Missing, e.Orders, e.Limit)
	if e.Logged != "" {
		text += ". The last error of the functions that complete them: " + e.Logged
	}
	return text
}

// Round places n orders, and waits until all are completed. It returns an *IncompleteError if one of them is not accepted, or not
// completed.
func (p *Pattern) Round(ctx context.Context, n int) (r Round, err error) {
	accepted := map[string]time.Time{}
	began := time.Now()
	r.Answers, err = p.place(ctx, n, func(id string) { accepted[id] = time.Now() })
	r.Accepted = time.Since(began)
	if err != nil {
		return r, err
	}
	if missing := n - len(accepted); missing > 0 {
		reasons := slices.SortedFunc(maps.Keys(r.Answers.Reasons), func(a, b string) int {
			return cmp.Or(r.Answers.Reasons[b]-r.Answers.Reasons[a], cmp.Compare(a, b))
		})
		return r, &IncompleteError{Orders: n, Missing: missing, Reasons: append(reasons, "an order id was given twice")}
	}
	logs, err := p.Await(ctx, slices.Collect(maps.Keys(accepted)), began)
	if err != nil {
		return r, err
	}
	for id, answered := range accepted {
		at, _ := completed(id, logs)
		r.Completed, r.Delays = append(r.Completed, at.Sub(began)), append(r.Delays, max(0, at.Sub(answered)))
	}
	return r, nil
}

// Await waits until orders that were placed since a time are completed. It returns the logs of the functions that complete them.
func (p *Pattern) Await(ctx context.Context, ids []string, since time.Time) (logs []Log, err error) {
	limit := cmp.Or(p.Limit, 5*time.Minute)
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		logs = nil
		for _, group := range p.groups {
			l, err := p.read(ctx, group, since)
			if err != nil {
				return nil, err
			}
			logs = append(logs, l)
		}
		left := 0
		for _, id := range ids {
			if _, ok := completed(id, logs); !ok {
				left++
			}
		}
		if left == 0 {
			return logs, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-end.C:
			incomplete := &IncompleteError{Orders: len(ids), Missing: left, Limit: limit}
			for _, l := range logs {
				incomplete.Logged = cmp.Or(l.Error, incomplete.Logged)
			}
			return nil, incomplete
		case <-time.After(cmp.Or(p.Poll, time.Second)):
		}
	}
}

// Quantile returns the smallest value that a share q of the values do not exceed.
func Quantile(values []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(values))
	return s[max(0, int(math.Ceil(q*float64(len(s))))-1)]
}
