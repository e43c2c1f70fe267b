package checkerclient

import (
	"fmt"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Books are what there was, what was ordered, and what became of it.
type Books struct {
	// Before are the balances before the first order. Nothing else may have changed them since but the orders.
	Before Balances
	// After are the balances once all is decided; nil if they are not known.
	After *Balances
	// Accepted are the orders that the API answered with 200.
	Accepted []checker.Order
	// Unanswered is how many other orders were sent. They may have been stored or not, and what was stored may wait, as
	// Pending, until its request is repeated.
	Unanswered int
	// Orders are all orders as they are stored. Of the marks of the checks nothing is said here.
	Orders []checker.Record
}

// Violations tells what must not be, a sentence each, sorted; none if all is as it should be:
//   - an accepted order that is not stored, or not as it was sent; more stored orders than sent ones;
//   - an order that is neither Shipped nor Rejected; a Rejected one whose logs give no reason, or say that it was shipped;
//     a Shipped one whose logs do not say once that the account suffices, that the stock does, and that it was shipped;
//     a log line that is there twice;
//   - a customer who spent more than the account had, or more of a product shipped than there was;
//   - with After: a balance that is not what the shipped orders left of it, is below zero, has gone, or is new.
func (b Books) Violations() []string {
	v := &violations{}
	accepted := v.stored(b)
	for _, rec := range b.Orders {
		v.logs(rec)
		// The request of an order that was not accepted may still be repeated.
		if accepted[rec.OrderID] || rec.Status != checker.Pending || len(rec.Logs) > 0 {
			v.decided(rec)
		}
	}
	spent, sold := b.taken()
	left := Balances{}
	if b.After != nil {
		left = *b.After
	}
	compare(v, "customer", b.Before.Accounts, spent, left.Accounts, b.After != nil)
	compare(v, "product", b.Before.Stock, sold, left.Stock, b.After != nil)
	slices.Sort(v.found)
	return v.found
}

type violations struct{ found []string }

func (v *violations) addf(format string, args ...any) {
	v.found = append(v.found, fmt.Sprintf(format, args...))
}

// stored compares the orders that were sent and stored, and gives the ids of those that were accepted.
func (v *violations) stored(b Books) (accepted map[string]bool) {
	stored := map[string]checker.Record{}
	for _, rec := range b.Orders {
		if _, twice := stored[rec.OrderID]; twice {
			v.addf("order %s is stored twice", rec.OrderID)
		}
		stored[rec.OrderID] = rec
	}
	accepted = map[string]bool{}
	for _, o := range b.Accepted {
		rec, found := stored[o.OrderID]
		switch {
		case accepted[o.OrderID]:
			v.addf("order %s was accepted twice", o.OrderID)
		case !found:
			v.addf("order %s was accepted and is not stored", o.OrderID)
		case !rec.Same(o):
			v.addf("order %s was accepted as %+v and is stored as %+v", o.OrderID, o, rec.Order)
		}
		accepted[o.OrderID] = true
	}
	var others []string
	for id := range stored {
		if !accepted[id] {
			others = append(others, id)
		}
	}
	if len(others) > b.Unanswered {
		slices.Sort(others)
		v.addf("%d orders are stored that were not accepted, and %d were sent besides: %s", len(others), b.Unanswered, strings.Join(others, ", "))
	}
	return accepted
}

func (v *violations) logs(rec checker.Record) {
	for i, line := range rec.Logs {
		if slices.Contains(rec.Logs[:i], line) {
			v.addf("order %s has a log line twice: %q", rec.OrderID, line)
		}
	}
}

func (v *violations) decided(rec checker.Record) {
	switch rec.Status {
	case checker.Shipped:
		if lines := slices.Sorted(slices.Values(rec.Logs)); !slices.Equal(lines, slices.Sorted(slices.Values(wentWell))) {
			v.addf("order %s is Shipped, and its logs are %q", rec.OrderID, rec.Logs)
		}
	case checker.Rejected:
		if len(Reasons(rec.Logs)) == 0 {
			v.addf("order %s is Rejected without a reason: its logs are %q", rec.OrderID, rec.Logs)
		}
		if slices.Contains(rec.Logs, shipped) {
			v.addf("order %s is Rejected and was shipped: its logs are %q", rec.OrderID, rec.Logs)
		}
	default:
		v.addf("order %s is still %q: its logs are %q", rec.OrderID, rec.Status, rec.Logs)
	}
}

// taken adds up the shipped orders.
func (b Books) taken() (spent map[string]money.Amount, sold map[string]int64) {
	spent, sold = map[string]money.Amount{}, map[string]int64{}
	for _, rec := range b.Orders {
		if rec.Status != checker.Shipped {
			continue
		}
		spent[rec.CustomerID] += rec.TotalAmount
		for _, item := range rec.Items {
			sold[item.ProductID] += item.Qty
		}
	}
	return spent, sold
}

// compare checks balances of one kind. Without known nothing is said of what is left.
func compare[N ~int64](v *violations, kind string, before, taken, left map[string]N, known bool) {
	for id, n := range taken {
		if had, found := before[id]; !found {
			v.addf("%s %s had no balance, and shipped orders took %v of it", kind, id, n)
		} else if n > had {
			v.addf("%s %s had %v, and shipped orders took %v of it", kind, id, had, n)
		}
	}
	if !known {
		return
	}
	for id, had := range before {
		n, found := left[id]
		switch {
		case !found:
			v.addf("%s %s has no balance any more", kind, id)
		case n != had-taken[id]:
			v.addf("%s %s had %v, shipped orders took %v of it, and %v is left", kind, id, had, taken[id], n)
		}
		if n < 0 {
			v.addf("%s %s has a balance below zero: %v", kind, id, n)
		}
	}
	for id := range left {
		if _, found := before[id]; !found {
			v.addf("%s %s has a balance and had none", kind, id)
		}
	}
}
