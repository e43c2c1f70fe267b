package integration_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// accountHistory is the sequence of orders of one account.
type accountHistory struct {
	account string
	orders  []coffeeOrder
}

// randomHistories returns a history of this length for each account. Accounts order from three vendors and complete orders.
// Some events have an earlier date than the event before them, or the same, and some repeat an earlier request. With reuseIDs
// half of the accounts use ids that others use too, and some orders are completed under their own id.
func randomHistories(random *rand.Rand, accounts []string, length int, reuseIDs bool) []accountHistory {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var all []accountHistory
	for i, account := range accounts {
		h := accountHistory{account: account}
		prefix := account
		if reuseIDs && i%2 == 0 {
			prefix = "order"
		}
		for n := range length {
			at := start.Add(time.Duration(n) * time.Minute)
			switch random.IntN(40) {
			case 0, 1:
				at = at.Add(-10*time.Minute + time.Second)
			case 2, 3:
				at = at.Add(-time.Minute)
			case 4:
				at = at.AddDate(-20, 0, 0)
			}
			o := newOrder(account, fmt.Sprintf("v%d", random.IntN(3)), at).withID(fmt.Sprintf("%s.%d", prefix, n))
			o.Details.Quantity = 1 + random.IntN(9)
			what, earlier := random.IntN(24), random.IntN(n+1)
			switch {
			case what < 2:
				o = o.completed()
			case what < 4 && reuseIDs && n > earlier && h.orders[earlier].Details != nil:
				o = h.orders[earlier].completed()
				o.OrderDate = at.Format(time.RFC3339Nano)
			case what < 5 && n > earlier:
				o = h.orders[earlier]
			}
			h.orders = append(h.orders, o)
		}
		all = append(all, h)
	}
	return all
}

// hasOwnIDs returns whether the ids of the account's orders begin with the account.
func (h accountHistory) hasOwnIDs() bool {
	return strings.HasPrefix(h.orders[0].OrderID, h.account+".")
}

// identity is what repeated requests have in common: an id and an event type.
func (o coffeeOrder) identity() string { return o.OrderID + " " + o.EventType[0] }

// events returns the events of the account in the order in which they were first placed.
func (h accountHistory) events() (identities []string) {
	for _, o := range h.orders {
		if !slices.Contains(identities, o.identity()) {
			identities = append(identities, o.identity())
		}
	}
	return identities
}

// compareRank compares two events of an account and a vendor: the table keeps the one with the latest date. Of two events at
// the same time a completion ranks above an order, and then the greater id.
func compareRank(a, b coffeeOrder) int {
	return cmp.Or(
		strings.Compare(a.OrderDate, b.OrderDate), // all dates have the same number of digits
		strings.Compare(a.EventType[0], b.EventType[0]),
		strings.Compare(a.OrderID, b.OrderID),
	)
}

// items returns what the table must have at the end. The key is ACCOUNT/VENDOR. The value is the id and the event type of
// the event with the highest rank.
func (h accountHistory) items() map[string]string {
	highest := map[string]coffeeOrder{}
	for _, o := range h.orders {
		if have, ok := highest[o.VendorID]; !ok || compareRank(o, have) > 0 {
			highest[o.VendorID] = o
		}
	}
	items := map[string]string{}
	for vendor, o := range highest {
		items[h.account+"/"+vendor] = o.identity()
	}
	return items
}

// invoiced returns the sorted ids of the orders that must have one invoice each.
func (h accountHistory) invoiced() []string {
	var ids []string
	for _, o := range h.orders {
		if o.EventType[0] == "new_order" {
			ids = append(ids, o.OrderID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// allItems returns the items of all histories.
func allItems(histories []accountHistory) map[string]string {
	items := map[string]string{}
	for _, h := range histories {
		maps.Copy(items, h.items())
	}
	return items
}
