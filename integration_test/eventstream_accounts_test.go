package integration_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

// accountHistory is the sequence of orders of one account.
type accountHistory struct {
	account string
	orders  []coffeeOrder
}

// randomHistories returns a history of this length for each account. Accounts order from three vendors and complete orders.
// Some orders have an earlier date than the order before them.
func randomHistories(random *rand.Rand, accounts []string, length int) []accountHistory {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var all []accountHistory
	for _, account := range accounts {
		h := accountHistory{account: account}
		for n := range length {
			at := start.Add(time.Duration(n) * time.Minute)
			if random.IntN(20) == 0 {
				at = at.Add(-10*time.Minute + time.Second)
			}
			o := newOrder(account, fmt.Sprintf("v%d", random.IntN(3)), at).withID(fmt.Sprintf("%s.%d", account, n))
			o.Details.Quantity = 1 + random.IntN(9)
			if random.IntN(6) == 0 {
				o = o.completed()
			}
			h.orders = append(h.orders, o)
		}
		all = append(all, h)
	}
	return all
}

// items returns what the table must have at the end. The key is ACCOUNT/VENDOR. The value is the id and the event type of
// the order with the latest date.
func (h accountHistory) items() map[string]string {
	latest := map[string]coffeeOrder{}
	for _, o := range h.orders {
		if o.OrderDate >= latest[o.VendorID].OrderDate {
			latest[o.VendorID] = o
		}
	}
	items := map[string]string{}
	for vendor, o := range latest {
		items[h.account+"/"+vendor] = o.OrderID + " " + o.EventType[0]
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
	return ids
}

// allItems returns the items of all histories.
func allItems(histories []accountHistory) map[string]string {
	items := map[string]string{}
	for _, h := range histories {
		maps.Copy(items, h.items())
	}
	return items
}
