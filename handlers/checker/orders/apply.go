package orders

import (
	"context"
	"fmt"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
)

// attempts is how often Apply tries the two changes of a finding, in turn. As long as the finding is not applied, a change fails
// only if the other finding or a rejection was applied since the last try. Each of those happens once, so at most three tries
// fail.
const attempts = 4

// Effect is what Apply did.
type Effect int

// The effects.
const (
	None    Effect = iota // the finding was applied before
	Noted                 // it was applied; the order waits for the other one, or was rejected before
	Decided               // it was applied, and rejected the order or made it ready to ship
)

// Apply applies the finding of a check, and returns the order as it is afterwards. Of all findings on an order, at most one has
// the effect Decided. The error is ErrNotFound if there is no such order. Needs dynamodb:UpdateItem.
func (t *Table) Apply(ctx context.Context, f checker.Finding) (rec checker.Record, effect Effect, err error) {
	// The conditions decide whether this finding decides the order, not a read.
	for n := range attempts {
		c, effect := deciding(f), Decided
		if n%2 == 1 {
			c, effect = noting(f), Noted
		}
		rec, applied, err := t.update(ctx, f.OrderID, c)
		switch {
		case err != nil:
			return rec, None, err
		case applied:
			return rec, effect, nil
		case rec.Checked(f.Check):
			return rec, None, nil
		}
	}
	return rec, None, fmt.Errorf("order %s changes faster than the %s check can be applied to it", f.OrderID, f.Check)
}

// applying marks the finding as applied, if it is not, and adds its log line. All changes below extend it.
func applying(f checker.Finding) change {
	return change{
		set:       "#checked = :true, " + appendLog,
		condition: "#checked = :false",
		names:     map[string]string{"#checked": attribute(f.Check), "#logs": "logs", "#status": "status"},
		values: item.Item{
			":true": item.Bool(true), ":false": item.Bool(false), ":log": item.Strings(f.Log), ":pending": status(checker.Pending),
		},
	}
}

// deciding rejects a Pending order if the check did not pass. Otherwise it makes the order ready if the other check was applied:
// that one has passed, or the order would not be Pending.
func deciding(f checker.Finding) change {
	c := applying(f)
	c.set += ", #status = :decided"
	c.condition += " AND #status = :pending"
	c.values[":decided"] = status(checker.Rejected)
	if f.Passed {
		c.condition += " AND #other = :true"
		c.names["#other"] = attribute(f.Check.Other())
		c.values[":decided"] = status(checker.ReadyToShip)
	}
	return c
}

// noting is for all other cases: the order waits for the other check, or it was rejected.
func noting(f checker.Finding) change {
	c := applying(f)
	if f.Passed {
		c.condition += " AND (#other = :false OR #status <> :pending)"
		c.names["#other"] = attribute(f.Check.Other())
	} else {
		c.condition += " AND #status <> :pending"
	}
	return c
}

// attribute is the name of the attribute that says whether the finding of a check was applied.
func attribute(c checker.Check) string {
	if c == checker.Account {
		return "accountChecked"
	}
	return "stockChecked"
}
