package checkerclient

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// ordered is an order of customer "ann" for two apples and three pears, in three items, at 10.
func ordered(id string) checker.Order {
	return checker.Order{OrderID: id, CustomerID: "ann", TotalAmount: money.FromInt(10), Items: []checker.Item{
		{ProductID: "apple", Qty: 2}, {ProductID: "pear", Qty: 1}, {ProductID: "pear", Qty: 2},
	}}
}

// consistent is an audit without violations: two of four orders were shipped.
func consistent() Audit {
	b := Audit{
		Before: Balances{
			Accounts: map[string]money.Amount{"ann": money.FromInt(25), "bob": 0},
			Stock:    map[string]int64{"apple": 5, "pear": 6, "plum": 1},
		},
		After: &Balances{
			Accounts: map[string]money.Amount{"ann": money.FromInt(5), "bob": 0},
			Stock:    map[string]int64{"apple": 1, "pear": 0, "plum": 1},
		},
	}
	for id, end := range map[string]struct {
		status checker.Status
		logs   []string
	}{
		"1": {checker.Shipped, []string{"Sufficient account balance", "Sufficient stock", "Shipped"}},
		"2": {checker.Shipped, []string{"Sufficient stock", "Sufficient account balance", "Shipped"}},
		"3": {checker.Rejected, []string{"Sufficient account balance", "Insufficient stock of pear: 3 wanted, 0 left"}},
		"4": {checker.Rejected, []string{"Sufficient account balance", "Sufficient stock", "Insufficient account balance: 10 wanted, 5 left"}},
	} {
		b.Accepted = append(b.Accepted, ordered(id))
		b.Orders = append(b.Orders, checker.Record{Order: ordered(id), Status: end.status, Logs: end.logs})
	}
	return b
}

// order returns a stored order, to change it.
func (b Audit) order(id string) *checker.Record {
	return &b.Orders[slices.IndexFunc(b.Orders, func(r checker.Record) bool { return r.OrderID == id })]
}

func TestConsistentOrdersHaveNoViolations(t *testing.T) {
	require.Empty(t, consistent().Violations())
	b := consistent()
	b.After = nil
	require.Empty(t, b.Violations())
}

func TestEachViolationIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Audit)
		want   []string
	}{
		"an accepted order is lost": {
			func(b *Audit) {
				b.Orders = slices.DeleteFunc(b.Orders, func(r checker.Record) bool { return r.OrderID == "3" })
			},
			[]string{"order 3 was accepted and is not stored"},
		},
		"another order is stored": {
			func(b *Audit) { b.order("3").CustomerID = "bob" },
			[]string{`order 3 was accepted as {OrderID:3 CustomerID:ann Items:[{ProductID:apple Qty:2} {ProductID:pear Qty:1} {ProductID:pear Qty:2}] TotalAmount:10} ` +
				`and is stored as {OrderID:3 CustomerID:bob Items:[{ProductID:apple Qty:2} {ProductID:pear Qty:1} {ProductID:pear Qty:2}] TotalAmount:10}`},
		},
		"an order is stored twice under different ids": {
			func(b *Audit) {
				b.Orders = append(b.Orders, checker.Record{Order: ordered("5"), Status: checker.Rejected, Logs: []string{"Unknown customer ann"}})
			},
			[]string{"1 orders are stored that were not accepted, and 0 were sent besides: 5"},
		},
		"two orders got one id": {
			func(b *Audit) { b.Accepted = append(b.Accepted, ordered("1")) },
			[]string{"order 1 was accepted twice"},
		},
		"an order is listed twice": {
			func(b *Audit) { b.Orders = append(b.Orders, *b.order("3")) },
			[]string{"order 3 is stored twice"},
		},
		"an order is Pending": {
			func(b *Audit) { b.order("3").Status = checker.Pending },
			[]string{`order 3 is still "Pending": its logs are ["Sufficient account balance" "Insufficient stock of pear: 3 wanted, 0 left"]`},
		},
		"an accepted order is Pending without logs": {
			func(b *Audit) { b.order("3").Status, b.order("3").Logs, b.Unanswered = checker.Pending, nil, 1 },
			[]string{`order 3 is still "Pending": its logs are []`},
		},
		"an order is Ready to ship": {
			func(b *Audit) { b.order("4").Status = checker.ReadyToShip },
			[]string{`order 4 is still "Ready to ship": its logs are ["Sufficient account balance" "Sufficient stock" "Insufficient account balance: 10 wanted, 5 left"]`},
		},
		"an order has no status": {
			func(b *Audit) { b.order("3").Status = "" },
			[]string{`order 3 is still "": its logs are ["Sufficient account balance" "Insufficient stock of pear: 3 wanted, 0 left"]`},
		},
		"rejected without a reason": {
			func(b *Audit) { b.order("4").Logs = []string{"Sufficient stock", "Sufficient account balance"} },
			[]string{`order 4 is Rejected without a reason: its logs are ["Sufficient stock" "Sufficient account balance"]`},
		},
		"rejected and shipped": {
			func(b *Audit) { b.order("4").Logs = append(b.order("4").Logs, "Shipped") },
			[]string{`order 4 is Rejected and was shipped: its logs are ["Sufficient account balance" "Sufficient stock" "Insufficient account balance: 10 wanted, 5 left" "Shipped"]`},
		},
		"shipped without a check": {
			func(b *Audit) { b.order("1").Logs = []string{"Sufficient stock", "Shipped"} },
			[]string{`order 1 is Shipped, and its logs are ["Sufficient stock" "Shipped"]`},
		},
		"shipped against a check": {
			func(b *Audit) { b.order("1").Logs[0] = "Unknown customer ann" },
			[]string{`order 1 is Shipped, and its logs are ["Unknown customer ann" "Sufficient stock" "Shipped"]`},
		},
		"shipped twice": {
			func(b *Audit) {
				b.order("1").Logs = append(b.order("1").Logs, "Shipped")
				b.After.Accounts["ann"], b.After.Stock["apple"], b.After.Stock["pear"] = money.FromInt(-5), -1, -3
			},
			[]string{
				"customer ann had 25, shipped orders took 20 of it, and -5 is left", "customer ann has a balance below zero: -5",
				`order 1 has a log line twice: "Shipped"`, `order 1 is Shipped, and its logs are ["Sufficient account balance" "Sufficient stock" "Shipped" "Shipped"]`,
				"product apple had 5, shipped orders took 4 of it, and -1 is left", "product apple has a balance below zero: -1",
				"product pear had 6, shipped orders took 6 of it, and -3 is left", "product pear has a balance below zero: -3",
			},
		},
		"a finding was logged twice": {
			func(b *Audit) { b.order("3").Logs = append(b.order("3").Logs, "Sufficient account balance") },
			[]string{`order 3 has a log line twice: "Sufficient account balance"`},
		},
		"an account without orders changed": {
			func(b *Audit) { b.After.Accounts["bob"] = 1 },
			[]string{"customer bob had 0, shipped orders took 0 of it, and 0.0001 is left"},
		},
		"a rejected order was paid": {
			func(b *Audit) { b.After.Accounts["ann"] = 0 },
			[]string{"customer ann had 25, shipped orders took 20 of it, and 0 is left"},
		},
		"stock was not taken": {
			func(b *Audit) { b.After.Stock["pear"] = 3 },
			[]string{"product pear had 6, shipped orders took 6 of it, and 3 is left"},
		},
		"an account is missing": {
			func(b *Audit) { delete(b.After.Accounts, "bob") },
			[]string{"customer bob has no balance any more"},
		},
		"a product is new": {
			func(b *Audit) { b.After.Stock["kiwi"] = 0 },
			[]string{"product kiwi has a balance and had none"},
		},
		"more was spent than there was": {
			func(b *Audit) { b.After, b.Before.Accounts["ann"] = nil, money.FromInt(19) },
			[]string{"customer ann had 19, and shipped orders took 20 of it"},
		},
		"more was shipped than there was": {
			func(b *Audit) { b.After, b.Before.Stock["pear"] = nil, 5 },
			[]string{"product pear had 5, and shipped orders took 6 of it"},
		},
		"an unknown customer was served": {
			func(b *Audit) { b.After = nil; delete(b.Before.Accounts, "ann") },
			[]string{"customer ann had no balance, and shipped orders took 20 of it"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := consistent()
			c.change(&b)
			require.Equal(t, c.want, b.Violations())
		})
	}
}

func TestUnansweredOrderMayBeStoredAndPending(t *testing.T) {
	b := consistent()
	b.Accepted = slices.DeleteFunc(b.Accepted, func(o checker.Order) bool { return o.OrderID == "1" })
	b.Orders = append(b.Orders, checker.Record{Order: ordered("5"), Status: checker.Pending})
	b.Unanswered = 2
	require.Empty(t, b.Violations())
	b.order("5").Logs = []string{"Sufficient stock"}
	require.Equal(t, []string{`order 5 is still "Pending": its logs are ["Sufficient stock"]`}, b.Violations(), "a published order is decided")
	b.order("5").Logs, b.Unanswered = nil, 1
	require.Equal(t, []string{"2 orders are stored that were not accepted, and 1 were sent besides: 1, 5"}, b.Violations())
}

// A correct pattern has no violations. A balance that was changed otherwise is one.
func TestCorrectProcessingHasNoViolations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := NewGenerator(rapid.Uint64().Draw(t, "seed"), 50, rapid.IntRange(1, 8).Draw(t, "customers"), rapid.IntRange(1, 8).Draw(t, "products"))
		b := Audit{Before: g.Opening, After: &Balances{Accounts: maps.Clone(g.Opening.Accounts), Stock: maps.Clone(g.Opening.Stock)}}
		for range 50 {
			process(&b, g.Next())
		}
		require.Empty(t, b.Violations())
		victim := rapid.SampledFrom(slices.Sorted(maps.Keys(g.Opening.Stock))).Draw(t, "product")
		b.After.Stock[victim] += rapid.SampledFrom([]int64{-1, 1}).Draw(t, "change")
		require.NotEmpty(t, b.Violations())
	})
}

// process ships or rejects an order as the pattern does, one at a time.
func process(b *Audit, o checker.Order) {
	o.OrderID = strconv.Itoa(len(b.Orders))
	rec := checker.Record{Order: o, Status: checker.Rejected}
	switch {
	case o.TotalAmount > b.After.Accounts[o.CustomerID]:
		rec.Logs = []string{"Insufficient account balance: 1 wanted, 0 left"}
	case slices.ContainsFunc(o.Wanted(), func(i checker.Item) bool { return i.Qty > b.After.Stock[i.ProductID] }):
		rec.Logs = []string{"Insufficient stock of x: 1 wanted, 0 left"}
	default:
		rec.Status, rec.Logs = checker.Shipped, []string{"Sufficient stock", "Sufficient account balance", "Shipped"}
		b.After.Accounts[o.CustomerID] -= o.TotalAmount
		for _, i := range o.Items {
			b.After.Stock[i.ProductID] -= i.Qty
		}
	}
	b.Accepted, b.Orders = append(b.Accepted, o), append(b.Orders, rec)
}
