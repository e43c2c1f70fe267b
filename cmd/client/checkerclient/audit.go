package checkerclient

import (
	"fmt"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Audit compares balances and orders: the balances before, the orders, and the results.
type Audit struct {
	// Before are the balances before the first order. Only the orders may have changed them since.
	Before Balances
	// After are the balances once all orders are decided; nil if they are unknown.
	After *Balances
	// Accepted are the orders that the API answered with 200.
	Accepted []checker.Order
	// Unanswered is the number of orders that were sent but not accepted. Each may be stored or not. A stored one may stay Pending until
	// its request is repeated.
	Unanswered int
	// Orders are all orders as they are stored. AccountChecked and StockChecked are not read.
	Orders []checker.Record
}

// Violations returns a sentence for each inconsistency, sorted. These are inconsistencies:
//
//   - an accepted order is not stored, or is stored differently; more orders are stored than were sent;
//   - an order is neither Shipped nor Rejected; the logs of a Rejected order give no reason, or say that it was shipped; the logs of a Shipped
//     order do not say exactly that account and stock were sufficient and that it was shipped; a log line occurs twice;
//   - a customer spent more than the balance, or more of a product was shipped than was in stock;
//   - with After: a balance is not Before less the shipped orders, is negative, is missing, or is new.
func (a Audit) Violations() []string {
	v := &violations{}
	accepted := v.stored(a)
	for _, rec := range a.Orders {
		v.logs(rec)
		// An order that was not accepted may stay Pending, because its request may still be repeated.
		if accepted[rec.OrderID] || rec.Status != checker.Pending || len(rec.Logs) > 0 {
			v.decided(rec)
		}
	}
	spent, sold := a.taken()
	left := Balances{}
	if a.After != nil {
		left = *a.After
	}
	compare(v, "customer", a.Before.Accounts, spent, left.Accounts, a.After != nil)
	compare(v, "product", a.Before.Stock, sold, left.Stock, a.After != nil)
	slices.Sort(v.found)
	return v.found
}

type violations struct{ found []string }

func (v *violations) addf(format string, args ...any) {
	v.found = append(v.found, fmt.Sprintf(format, args...))
}

// stored compares the accepted orders with the stored ones, and returns the ids of the accepted ones.
func (v *violations) stored(a Audit) (accepted map[string]bool) {
	stored := map[string]checker.Record{}
	for _, rec := range a.Orders {
		if _, twice := stored[rec.OrderID]; twice {
			v.addf("order %s is stored twice", rec.OrderID)
		}
		stored[rec.OrderID] = rec
	}
	accepted = map[string]bool{}
	for _, o := range a.Accepted {
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
	if len(others) > a.Unanswered {
		slices.Sort(others)
		v.addf("%d orders are stored that were not accepted, and %d were sent besides: %s", len(others), a.Unanswered, strings.Join(others, ", "))
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
		if lines := slices.Sorted(slices.Values(rec.Logs)); !slices.Equal(lines, slices.Sorted(slices.Values(successLogs))) {
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

// taken adds up the money and the pieces of the shipped orders.
func (a Audit) taken() (spent map[string]money.Amount, sold map[string]int64) {
	spent, sold = map[string]money.Amount{}, map[string]int64{}
	for _, rec := range a.Orders {
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

// compare checks balances of one kind. It checks left only if known is set.
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
