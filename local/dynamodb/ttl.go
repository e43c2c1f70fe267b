package dynamodb

import (
	"time"

	"github.com/cockroachdb/apd/v3"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/guess"
)

const (
	// expiryLag is how long an expired item can still be read.
	expiryLag = 48 * time.Hour
	// expiryLimit is how long ago an item may have expired and still be deleted, a guard against values that
	// are no times in seconds.
	expiryLimit = 5 * 365 * 24 * time.Hour
	sweepEvery  = time.Minute
)

// expire deletes the items whose time has come. It runs before operations on the table, at most once a
// minute, and returns at once if the table has no TTL attribute.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
func (t *table) expire(a *account.Account) {
	now := a.Clock.Now()
	due := t.expiryDue.Load()
	if now.Unix() < due || !t.expiryDue.CompareAndSwap(due, now.Add(sweepEvery).Unix()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	attribute, lag := t.args.ttlAttribute(), expiryLag
	if a.Guesses.Other(guess.ExpiryLag) {
		lag = 0
	}
	var gone []row
	t.rows.Scan(func(r row) bool {
		if expired(r.item[attribute], now, lag) {
			gone = append(gone, r)
		}
		return true
	})
	for _, r := range gone {
		t.set(row{position: r.position})
	}
}

func expired(v Value, now time.Time, lag time.Duration) bool {
	n, ok := v.(Number)
	if !ok {
		return false
	}
	var whole apd.Decimal
	if _, err := arithmetic.Floor(&whole, n.decimal()); err != nil {
		return false
	}
	seconds, err := whole.Int64()
	if err != nil {
		return false
	}
	age := now.Sub(time.Unix(seconds, 0))
	return age >= lag && age <= expiryLimit
}
