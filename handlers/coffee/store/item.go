package store

import (
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// TombstoneLife is how long the table keeps the tombstone of an order that was completed or taken back. The additional day allows for
// clocks that differ, and for a write in progress when an event becomes too old.
const TombstoneLife = coffee.MaxAge + 24*time.Hour

// The attributes of an item that are not fields of the order.
const (
	attrVersion = "version" // N: orderdate in microseconds since the Unix epoch
	attrTie     = "tie"     // S: rank among events of one version, see tie
	attrExpires = "expires" // N: epoch seconds, the table's TTL attribute; tombstones only
	attrAttempt = "attempt" // S: the attempt that took the order back, if it has a name; only in tombstones of taking back
)

func key(accountID, vendorID string) item.Item {
	return item.Item{"accountid": item.String(accountID), "vendorid": item.String(vendorID)}
}

// tie returns the rank among events of one version. No part contains '#', so different events have different ties.
func tie(o coffee.Order) (string, error) {
	fingerprint, err := o.Fingerprint()
	if err != nil {
		return "", err
	}
	kind := 0
	if o.Completed() {
		kind = 1
	}
	return fmt.Sprintf("%d#%s#%s", kind, o.OrderID, fingerprint), nil
}

// takenBackEvent marks the item of an order that was taken back. No client can send it.
const takenBackEvent coffee.EventType = "order_taken_back"

// takenBackTie returns the rank of taking an order back, just above the order's own rank, tie. The tie of every new order ends in a
// fingerprint, so no other rank is between the two.
func takenBackTie(tie string) string { return tie + "#back" }

// toItem returns the item of an order. A tombstone expires TombstoneLife after now.
func toItem(o coffee.Order, now time.Time) (item.Item, error) {
	rank, err := tie(o)
	if err != nil {
		return nil, err
	}
	if o.Completed() {
		return tombstone(o, o.EventType, rank, now), nil
	}
	it := commonItem(o, o.EventType, rank)
	it["city"] = item.String(o.City)
	it["details"] = item.Map(item.Item{
		"coffeetype": item.String(o.Details.CoffeeType),
		"coffeesize": item.String(o.Details.CoffeeSize),
		"unitprice":  item.Decimal(o.Details.UnitPrice.String()),
		"quantity":   item.Int(o.Details.Quantity),
	})
	return it, nil
}

// commonItem returns the attributes of every item.
func commonItem(o coffee.Order, event coffee.EventType, rank string) item.Item {
	it := key(o.AccountID, o.VendorID)
	it["orderid"] = item.String(o.OrderID)
	it["orderdate"] = item.String(coffee.FormatDate(o.OrderDate))
	it["eventtype"] = item.Strings(string(event))
	it[attrVersion] = item.Int(o.Version())
	it[attrTie] = item.String(rank)
	return it
}

// tombstone returns the tombstone of an order.
func tombstone(o coffee.Order, event coffee.EventType, rank string, now time.Time) item.Item {
	it := commonItem(o, event, rank)
	it[attrExpires] = item.Int(now.Add(TombstoneLife).Unix())
	return it
}

// isTombstone reports whether the item of the event is a tombstone.
func isTombstone(event coffee.EventType) bool {
	return event == coffee.OrderCompleted || event == takenBackEvent
}

// fromItem parses an item of toItem.
func fromItem(it item.Item) (coffee.Order, error) {
	r := item.NewReader(it)
	o := coffee.Order{
		OrderID: r.String("orderid"), AccountID: r.String("accountid"), VendorID: r.String("vendorid"),
		OrderDate: time.UnixMicro(r.Int(attrVersion)).UTC(),
	}
	if events := r.Strings("eventtype"); len(events) == 1 {
		o.EventType = coffee.EventType(events[0])
	} else {
		r.Fault("eventtype", "a list of one string")
	}
	if isTombstone(o.EventType) {
		return o, r.Err()
	}
	o.City = r.String("city")
	if d, ok := r.Map("details"); ok {
		o.Details = coffee.Details{
			CoffeeType: d.String("coffeetype"), CoffeeSize: d.String("coffeesize"),
			UnitPrice: item.Number(d, "unitprice", "an amount", money.Parse), Quantity: d.Int("quantity"),
		}
	}
	return o, r.Err()
}
