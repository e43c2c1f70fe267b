package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
)

// attempts is how often Apply tries the two changes of a finding, alternately. While the finding is not applied, a change fails only if the
// last other finding or a rejection was applied since the previous attempt. Each of those happens once, so at most three attempts fail.
const attempts = 4

// Effect is the effect of Apply.
type Effect int

// The effects.
const (
	None    Effect = iota // the finding was applied before
	Noted                 // it was applied; the order waits for other findings, or was decided before
	Decided               // the order was rejected or made ready to ship
)

// Apply applies the finding of a check, and returns the order as it is afterwards. At most one of the findings of an order has the effect
// Decided. The error is ErrNotFound if there is no such order. It needs dynamodb:UpdateItem.
func (t *Table) Apply(ctx context.Context, f checker.Finding) (rec checker.Record, effect Effect, err error) {
	// The conditions of the writes decide whether this finding decides the order. Nothing is read first.
	for n := range attempts {
		c, effect := t.deciding(f), Decided
		if n%2 == 1 {
			c, effect = t.noting(f), Noted
		}
		rec, applied, err := t.update(ctx, f.OrderID, c)
		switch {
		case err != nil:
			return rec, None, err
		case applied:
			return rec, effect, nil
		case rec.Checked(f.Check):
			return t.complete(ctx, rec)
		}
	}
	return rec, None, fmt.Errorf("order %s changes faster than the %s check can be applied to it", f.OrderID, f.Check)
}

// complete makes a Pending order ready to ship if it waits for no check. Such an order exists only if a check that it waited for is no
// longer required. The next copy of an applied finding makes it ready.
func (t *Table) complete(ctx context.Context, rec checker.Record) (checker.Record, Effect, error) {
	if rec.Status != checker.Pending || len(rec.WaitsFor(t.Checks)) > 0 {
		return rec, None, nil
	}
	c := transition(checker.Pending, checker.ReadyToShip, "No check is missing any more")
	c.values[":true"] = item.Bool(true)
	for i, other := range checker.Required(t.Checks) {
		c.condition += " AND " + c.passed(i, other)
	}
	rec, applied, err := t.update(ctx, rec.OrderID, c)
	if err != nil || !applied {
		return rec, None, err
	}
	return rec, Decided, nil
}

// applying returns a change that marks the finding as applied, if it is not, and adds its log line. All changes below extend it.
func applying(f checker.Finding) change {
	c := change{
		set:       "#checked = :true, " + appendLog,
		condition: "#checked = :false",
		names:     map[string]string{"#checked": attribute(f.Check), "#logs": "logs", "#status": "status"},
		values: item.Item{
			":true": item.Bool(true), ":false": item.Bool(false), ":log": item.Strings(f.Log), ":pending": status(checker.Pending),
		},
	}
	if own(f.Check) {
		c.condition = "(#checked = :false OR attribute_not_exists(#checked))"
	}
	return c
}

// deciding returns a change that rejects a Pending order if the check did not pass. Otherwise it makes the order ready if all other
// findings were applied. Those have passed, because the order is Pending.
func (t *Table) deciding(f checker.Finding) change {
	c := applying(f)
	c.set += ", #status = :decided"
	c.condition += " AND #status = :pending"
	c.values[":decided"] = status(checker.Rejected)
	if f.Passed {
		c.values[":decided"] = status(checker.ReadyToShip)
		for i, other := range t.others(f.Check) {
			c.condition += " AND " + c.passed(i, other)
		}
	}
	return c
}

// noting returns the change for all other cases: the order waits for another check, or it was decided before.
func (t *Table) noting(f checker.Finding) change {
	c := applying(f)
	alternative := "#status <> :pending"
	if f.Passed {
		for i, other := range t.others(f.Check) {
			alternative += fmt.Sprintf(" OR %s = :false", c.name(i, other))
		}
	}
	c.condition += " AND (" + alternative + ")"
	return c
}

// others returns the required checks except one.
func (t *Table) others(c checker.Check) []checker.Check {
	return slices.DeleteFunc(checker.Required(t.Checks), func(other checker.Check) bool { return other == c })
}

// own reports whether a check is not one of the checks of every order.
func own(c checker.Check) bool { return c != checker.Account && c != checker.Stock }

// name adds a check to the names of an expression, and returns its placeholder.
func (c change) name(i int, check checker.Check) string {
	placeholder := fmt.Sprint("#other", i)
	c.names[placeholder] = attribute(check)
	return placeholder
}

// passed returns the condition that the finding of a check was applied, or that the order does not need it, because it was captured before
// the check was required.
func (c change) passed(i int, check checker.Check) string {
	name := c.name(i, check)
	if own(check) {
		return fmt.Sprintf("(%s = :true OR attribute_not_exists(%s))", name, name)
	}
	return name + " = :true"
}
