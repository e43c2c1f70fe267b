package store

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/money"
	"github.com/order-patterns/order-patterns/handlers/order"
)

// TombstoneLife is how long a completed order is remembered.
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
func tie(o order.Order) (string, error) {
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

// toItem lays an order out as an item; now dates the end of a tombstone.
func toItem(o order.Order, now time.Time) (item, error) {
	rank, err := tie(o)
	if err != nil {
		return nil, err
	}
	it := key(o.AccountID, o.VendorID)
	it["orderid"] = text(o.OrderID)
	it["orderdate"] = text(order.FormatDate(o.OrderDate))
	it["eventtype"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{text(string(o.EventType))}}
	it[attrVersion] = number(strconv.FormatInt(o.Version(), 10))
	it[attrTie] = text(rank)
	if o.Completed() {
		it[attrExpires] = number(strconv.FormatInt(now.Add(TombstoneLife).Unix(), 10))
		return it, nil
	}
	it["city"] = text(o.City)
	it["details"] = &types.AttributeValueMemberM{Value: item{
		"coffeetype": text(o.Details.CoffeeType),
		"coffeesize": text(o.Details.CoffeeSize),
		"unitprice":  number(o.Details.UnitPrice.String()),
		"quantity":   number(strconv.FormatInt(o.Details.Quantity, 10)),
	}}
	return it, nil
}

// fromItem reads an item that toItem laid out.
func fromItem(it item) (order.Order, error) {
	r := itemReader{}
	o := order.Order{
		OrderID: r.text(it, "orderid"), AccountID: r.text(it, "accountid"), VendorID: r.text(it, "vendorid"),
		EventType: r.eventType(it),
	}
	version, err := strconv.ParseInt(r.number(it, attrVersion), 10, 64)
	if err != nil {
		r.fail(attrVersion, "a whole number")
	}
	o.OrderDate = time.UnixMicro(version).UTC()
	if o.Completed() {
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

func (r *itemReader) eventType(it item) order.EventType {
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
	return order.EventType(s.Value)
}
