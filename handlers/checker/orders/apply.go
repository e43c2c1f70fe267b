package orders

import (
	"context"
	"fmt"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
)

// attempts is how often Apply tries the two changes of a finding that passed, in turn. As long as the finding is not
// applied, a change fails only if the other finding or a rejection was applied since the last try. Each of those happens
// once, so at most three tries fail.
const attempts = 4

// Apply applies the finding of a check, and returns the order as it is afterwards. applied is false, and the error is nil,
// if the finding was applied before. The error is ErrNotFound if there is no such order. Needs dynamodb:UpdateItem.
func (t *Table) Apply(ctx context.Context, f checker.Finding) (rec checker.Record, applied bool, err error) {
	if !f.Passed {
		return t.update(ctx, f.OrderID, rejecting(f))
	}
	// The second finding makes the order ready, the first one only notes that its check passed. The conditions decide
	// which one this is, not a read.
	for n := range attempts {
		c := completing(f)
		if n%2 == 1 {
			c = noting(f)
		}
		rec, applied, err = t.update(ctx, f.OrderID, c)
		if err != nil || applied || rec.Checked(f.Check) {
			return rec, applied, err
		}
	}
	return rec, false, fmt.Errorf("order %s changes faster than the %s check can be applied to it", f.OrderID, f.Check)
}

// applying marks the finding as applied, if it is not, and adds its log line. All changes below extend it.
func applying(f checker.Finding) change {
	return change{
		set:       "#checked = :true, " + appendLog,
		condition: "#checked = :false",
		names:     map[string]string{"#checked": attribute(f.Check), "#logs": "logs", "#status": "status"},
		values:    item.Item{":true": item.Bool(true), ":false": item.Bool(false), ":log": item.Strings(f.Log)},
	}
}

// rejecting rejects the order.
func rejecting(f checker.Finding) change {
	c := applying(f)
	c.set += ", #status = :rejected"
	c.values[":rejected"] = status(checker.Rejected)
	return c
}

// completing makes the order ready. The other check has passed, or the order would not be Pending.
func completing(f checker.Finding) change {
	c := applying(f)
	c.set += ", #status = :ready"
	c.condition += " AND #other = :true AND #status = :pending"
	c.names["#other"] = attribute(f.Check.Other())
	c.values[":ready"], c.values[":pending"] = status(checker.ReadyToShip), status(checker.Pending)
	return c
}

// noting is for all other cases: the order waits for the other check, or it was rejected.
func noting(f checker.Finding) change {
	c := applying(f)
	c.condition += " AND (#other = :false OR #status <> :pending)"
	c.names["#other"] = attribute(f.Check.Other())
	c.values[":pending"] = status(checker.Pending)
	return c
}

// attribute is the name of the attribute that says whether the finding of a check was applied.
func attribute(c checker.Check) string {
	if c == checker.Account {
		return "accountChecked"
	}
	return "stockChecked"
}
