package orderbook

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// item is written out by hand, without the reflection of attributevalue: amounts go as exact text, and a missing or
// mistyped attribute is an error instead of a zero.
type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue           { return &types.AttributeValueMemberS{Value: s} }
func number(s string) types.AttributeValue         { return &types.AttributeValueMemberN{Value: s} }
func boolean(b bool) types.AttributeValue          { return &types.AttributeValueMemberBOOL{Value: b} }
func key(orderID string) item                      { return item{"orderId": text(orderID)} }
func status(s checker.Status) types.AttributeValue { return text(string(s)) }

// lines is a list of log lines.
func lines(log ...string) types.AttributeValue {
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, line := range log {
		list.Value = append(list.Value, text(line))
	}
	return list
}

// toItem lays a record out as an item.
func toItem(r checker.Record) item {
	items := &types.AttributeValueMemberL{}
	for _, i := range r.Items {
		items.Value = append(items.Value, &types.AttributeValueMemberM{Value: item{
			"productId": text(i.ProductID), "qty": number(strconv.FormatInt(i.Qty, 10)),
		}})
	}
	return item{
		"orderId":        text(r.OrderID),
		"customerId":     text(r.CustomerID),
		"items":          items,
		"totalAmount":    number(r.TotalAmount.String()),
		"status":         status(r.Status),
		"accountChecked": boolean(r.AccountChecked),
		"stockChecked":   boolean(r.StockChecked),
		"logs":           lines(r.Logs...),
		"createdAt":      text(r.CreatedAt.UTC().Format(time.RFC3339Nano)),
	}
}

// fromItem reads an item that toItem laid out.
func fromItem(it item) (checker.Record, error) {
	r := reader{it: it}
	rec := checker.Record{
		Order:          checker.Order{OrderID: r.text("orderId"), CustomerID: r.text("customerId"), TotalAmount: r.amount("totalAmount")},
		Status:         checker.Status(r.text("status")),
		AccountChecked: r.boolean("accountChecked"),
		StockChecked:   r.boolean("stockChecked"),
		Logs:           []string{},
	}
	for _, v := range r.list("items") {
		m, _ := v.(*types.AttributeValueMemberM)
		if m == nil {
			r.fail("items", "a list of maps")
			break
		}
		inner := reader{it: m.Value}
		rec.Items = append(rec.Items, checker.Item{ProductID: inner.text("productId"), Qty: inner.whole("qty")})
		r.faults = append(r.faults, inner.faults...)
	}
	for _, v := range r.list("logs") {
		line, _ := v.(*types.AttributeValueMemberS)
		if line == nil {
			r.fail("logs", "a list of strings")
			break
		}
		rec.Logs = append(rec.Logs, line.Value)
	}
	var err error
	if rec.CreatedAt, err = time.Parse(time.RFC3339, r.text("createdAt")); err != nil {
		r.fail("createdAt", "a time")
	}
	if err := errors.Join(r.faults...); err != nil {
		return checker.Record{}, fmt.Errorf("the item is not an order: %w", err)
	}
	return rec, nil
}

// reader collects what is wrong with an item.
type reader struct {
	it     item
	faults []error
}

func (r *reader) fail(name, want string) {
	r.faults = append(r.faults, fmt.Errorf("attribute %s is not %s", name, want))
}

func (r *reader) text(name string) string {
	s, ok := r.it[name].(*types.AttributeValueMemberS)
	if !ok {
		r.fail(name, "a string")
		return ""
	}
	return s.Value
}

func (r *reader) boolean(name string) bool {
	b, ok := r.it[name].(*types.AttributeValueMemberBOOL)
	if !ok {
		r.fail(name, "true or false")
		return false
	}
	return b.Value
}

func (r *reader) amount(name string) money.Amount {
	n, ok := r.it[name].(*types.AttributeValueMemberN)
	if !ok {
		r.fail(name, "a number")
		return 0
	}
	a, err := money.ParseJSON(n.Value)
	if err != nil {
		r.fail(name, "an amount")
	}
	return a
}

func (r *reader) whole(name string) int64 {
	n, whole := r.amount(name).Int()
	if !whole {
		r.fail(name, "a whole number")
	}
	return n
}

func (r *reader) list(name string) []types.AttributeValue {
	l, ok := r.it[name].(*types.AttributeValueMemberL)
	if !ok {
		r.fail(name, "a list")
		return nil
	}
	return l.Value
}
