package orderbook

import (
	"context"
	"fmt"

	"github.com/order-patterns/order-patterns/order/checker"
)

// attempts is how many of its two changes a positive finding tries in turn. The condition of each fails, while the
// finding is not applied, only if the other finding or a rejection came since the last; both come once, so the third
// change is the last that can fail.
const attempts = 4

// Apply applies what a check found, once, and gives the order as it is then. applied is false if it was applied before,
// and nothing is wrong. The error is ErrNotFound if there is no such order. Needs dynamodb:UpdateItem.
func (b *Book) Apply(ctx context.Context, f checker.Finding) (rec checker.Record, applied bool, err error) {
	if !f.Passed {
		return b.update(ctx, f.OrderID, negative(f))
	}
	// The finding that completes an order makes it ready; the other one says only that its check passed. Which one this
	// is, the condition tells, and not a read before.
	for n := range attempts {
		c := completing(f)
		if n%2 == 1 {
			c = positive(f)
		}
		rec, applied, err = b.update(ctx, f.OrderID, c)
		if err != nil || applied || rec.Checked(f.Check) {
			return rec, applied, err
		}
	}
	return rec, false, fmt.Errorf("order %s changes faster than the %s check can be applied to it", f.OrderID, f.Check)
}

// apply is what the changes of all findings have in common: once, with a log line.
func apply(f checker.Finding) change {
	return change{
		set:       "#checked = :true, " + appendLog,
		condition: "#checked = :false",
		names:     map[string]string{"#checked": attribute(f.Check), "#logs": "logs", "#status": "status"},
		values:    item{":true": boolean(true), ":false": boolean(false), ":log": lines(f.Log)},
	}
}

// negative rejects the order.
func negative(f checker.Finding) change {
	c := apply(f)
	c.set += ", #status = :rejected"
	c.values[":rejected"] = status(checker.Rejected)
	return c
}

// completing makes the order ready: the other check has passed, or the order would not be Pending.
func completing(f checker.Finding) change {
	c := apply(f)
	c.set += ", #status = :ready"
	c.condition += " AND #other = :true AND #status = :pending"
	c.names["#other"] = attribute(f.Check.Other())
	c.values[":ready"], c.values[":pending"] = status(checker.ReadyToShip), status(checker.Pending)
	return c
}

// positive is for all other cases: the order waits for the other check, or it was rejected.
func positive(f checker.Finding) change {
	c := apply(f)
	c.condition += " AND (#other = :false OR #status <> :pending)"
	c.names["#other"] = attribute(f.Check.Other())
	c.values[":pending"] = status(checker.Pending)
	return c
}

// attribute is the one that says whether the finding of a check was applied.
func attribute(c checker.Check) string {
	if c == checker.Account {
		return "accountChecked"
	}
	return "stockChecked"
}
