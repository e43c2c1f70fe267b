package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
)

// attempts is how often Apply tries the two changes of a finding, in turn. As long as the finding is not applied, a change fails
// only if the last of the other findings or a rejection was applied since the last try. Each of those happens once, so at most three
// tries fail.
const attempts = 4

// Effect is what Apply did.
type Effect int

// The effects.
const (
	None    Effect = iota // the finding was applied before
	Noted                 // it was applied; the order waits for others, or was decided before
	Decided               // the order was rejected or made ready to ship
)

// Apply applies the finding of a check, and returns the order as it is afterwards. Of all findings on an order, at most one has
// the effect Decided. The error is ErrNotFound if there is no such order. Needs dynamodb:UpdateItem.
func (t *Table) Apply(ctx context.Context, f checker.Finding) (rec checker.Record, effect Effect, err error) {
	// The conditions decide whether this finding decides the order, not a read.
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

// complete makes a Pending order ready to ship that waits for no check. There is such an order only where a check that it waited
// for is not required any more: the next copy of a finding that was applied before makes it ready.
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

// applying marks the finding as applied, if it is not, and adds its log line. All changes below extend it.
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

// deciding rejects a Pending order if the check did not pass. Otherwise it makes the order ready if all others were applied:
// they have passed, or the order would not be Pending.
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

// noting is for all other cases: the order waits for another check, or it was decided.
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

// others are the required checks but one.
func (t *Table) others(c checker.Check) []checker.Check {
	return slices.DeleteFunc(checker.Required(t.Checks), func(other checker.Check) bool { return other == c })
}

// own reports whether a check is none of those that every order has.
func own(c checker.Check) bool { return c != checker.Account && c != checker.Stock }

// name adds a check to the names of an expression, and returns its placeholder.
func (c change) name(i int, check checker.Check) string {
	placeholder := fmt.Sprint("#other", i)
	c.names[placeholder] = attribute(check)
	return placeholder
}

// passed is the condition that the finding of a check was applied, or that the order does not need it: it was captured before the
// check was required.
func (c change) passed(i int, check checker.Check) string {
	name := c.name(i, check)
	if own(check) {
		return fmt.Sprintf("(%s = :true OR attribute_not_exists(%s))", name, name)
	}
	return name + " = :true"
}
