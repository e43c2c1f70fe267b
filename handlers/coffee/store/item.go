package store

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// TombstoneLife is how long it is remembered that an order was completed or taken back.
const TombstoneLife = 30 * 24 * time.Hour

// The attributes of an item that are not fields of the order.
const (
	attrVersion = "version" // N: orderdate in microseconds since the Unix epoch
	attrTie     = "tie"     // S: rank among events of one version, see tie
	attrExpires = "expires" // N: epoch seconds, the table's TTL attribute; tombstones only
)

// item is written out by hand, without the reflection of attributevalue: amounts go as exact text, and a missing
// or mistyped attribute is an error instead of a zero.
type item = map[string]types.AttributeValue

func key(accountID, vendorID string) item {
	return item{"accountid": text(accountID), "vendorid": text(vendorID)}
}

// tie ranks events of one version. '#' occurs in no part, so different events have different ties.
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

// backTie ranks the taking back of an order just above the order, which has the rank tie: all ties of new orders end
// in a fingerprint, so none lies between the two.
func backTie(tie string) string { return tie + "#back" }

// toItem lays an order out as an item; now dates the end of a tombstone.
func toItem(o coffee.Order, now time.Time) (item, error) {
	rank, err := tie(o)
	if err != nil {
		return nil, err
	}
	if o.Completed() {
		return tombstone(o, o.EventType, rank, now), nil
	}
	it := event(o, o.EventType, rank)
	it["city"] = text(o.City)
	it["details"] = &types.AttributeValueMemberM{Value: item{
		"coffeetype": text(o.Details.CoffeeType),
		"coffeesize": text(o.Details.CoffeeSize),
		"unitprice":  number(o.Details.UnitPrice.String()),
		"quantity":   number(strconv.FormatInt(o.Details.Quantity, 10)),
	}}
	return it, nil
}

// event lays out what every item has.
func event(o coffee.Order, what coffee.EventType, rank string) item {
	it := key(o.AccountID, o.VendorID)
	it["orderid"] = text(o.OrderID)
	it["orderdate"] = text(coffee.FormatDate(o.OrderDate))
	it["eventtype"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{text(string(what))}}
	it[attrVersion] = number(strconv.FormatInt(o.Version(), 10))
	it[attrTie] = text(rank)
	return it
}

// tombstone lays out that an order is over.
func tombstone(o coffee.Order, what coffee.EventType, rank string, now time.Time) item {
	it := event(o, what, rank)
	it[attrExpires] = number(strconv.FormatInt(now.Add(TombstoneLife).Unix(), 10))
	return it
}

// dead reports whether an item of the event is a tombstone.
func dead(what coffee.EventType) bool { return what == coffee.OrderCompleted || what == takenBackEvent }

// fromItem reads an item that toItem laid out.
func fromItem(it item) (coffee.Order, error) {
	r := itemReader{}
	o := coffee.Order{
		OrderID: r.text(it, "orderid"), AccountID: r.text(it, "accountid"), VendorID: r.text(it, "vendorid"),
		EventType: r.eventType(it),
	}
	version, err := strconv.ParseInt(r.number(it, attrVersion), 10, 64)
	if err != nil {
		r.fail(attrVersion, "a whole number")
	}
	o.OrderDate = time.UnixMicro(version).UTC()
	if dead(o.EventType) {
		return o, r.err()
	}
	o.City = r.text(it, "city")
	details, ok := it["details"].(*types.AttributeValueMemberM)
	if !ok {
		r.fail("details", "a map")
		return o, r.err()
	}
	o.Details.CoffeeType = r.text(details.Value, "coffeetype")
	o.Details.CoffeeSize = r.text(details.Value, "coffeesize")
	if o.Details.UnitPrice, err = money.Parse(r.number(details.Value, "unitprice")); err != nil {
		r.fail("unitprice", "an amount")
	}
	if o.Details.Quantity, err = strconv.ParseInt(r.number(details.Value, "quantity"), 10, 64); err != nil {
		r.fail("quantity", "a whole number")
	}
	return o, r.err()
}

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }

// itemReader collects what is wrong with an item.
type itemReader struct{ faults []error }

func (r *itemReader) fail(name, want string) {
	r.faults = append(r.faults, fmt.Errorf("attribute %s is not %s", name, want))
}

func (r *itemReader) err() error { return errors.Join(r.faults...) }

func (r *itemReader) text(it item, name string) string {
	s, ok := it[name].(*types.AttributeValueMemberS)
	if !ok {
		r.fail(name, "a string")
		return ""
	}
	return s.Value
}

func (r *itemReader) number(it item, name string) string {
	n, ok := it[name].(*types.AttributeValueMemberN)
	if !ok {
		return ""
	}
	return n.Value
}

func (r *itemReader) eventType(it item) coffee.EventType {
	list, ok := it["eventtype"].(*types.AttributeValueMemberL)
	if !ok || len(list.Value) != 1 {
		r.fail("eventtype", "a list of one string")
		return ""
	}
	s, ok := list.Value[0].(*types.AttributeValueMemberS)
	if !ok {
		r.fail("eventtype", "a list of one string")
		return ""
	}
	return coffee.EventType(s.Value)
}
