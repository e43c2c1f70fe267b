package orders

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

func key(orderID string) item.Item { return item.Item{"orderId": item.String(orderID)} }

func status(s checker.Status) item.Value { return item.String(string(s)) }

// publishedAt is an attribute that an order has once the outbox has published it.
const publishedAt = "publishedAt"

// toItem returns the item of a new record.
func toItem(r checker.Record) item.Item {
	var items []item.Value
	for _, i := range r.Items {
		items = append(items, item.Map(item.Item{"productId": item.String(i.ProductID), "qty": item.Int(i.Qty)}))
	}
	it := item.Item{
		"orderId":     item.String(r.OrderID),
		"customerId":  item.String(r.CustomerID),
		"items":       item.List(items...),
		"totalAmount": item.Decimal(r.TotalAmount.String()),
		"status":      status(r.Status),
		"logs":        item.Strings(r.Logs...),
		"createdAt":   item.String(r.CreatedAt.UTC().Format(time.RFC3339Nano)),
	}
	for _, c := range checker.Required(slices.Collect(maps.Keys(r.Checks))) {
		it[attribute(c)] = item.Bool(r.Checked(c))
	}
	return it
}

// checked is the suffix of attributes that say whether the finding of a check was applied: accountChecked, stockChecked.
const checked = "Checked"

// attribute returns the name of such an attribute.
func attribute(c checker.Check) string { return string(c) + checked }

// ownChecks returns the checks of an item besides Account and Stock.
func ownChecks(it item.Item) (own []checker.Check) {
	for name := range it {
		if c, found := strings.CutSuffix(name, checked); found && c != string(checker.Account) && c != string(checker.Stock) {
			own = append(own, checker.Check(c))
		}
	}
	return own
}

// fromItem parses an item of toItem.
func fromItem(it item.Item) (checker.Record, error) {
	r := item.NewReader(it)
	rec := checker.Record{
		Order: checker.Order{
			OrderID: r.String("orderId"), CustomerID: r.String("customerId"),
			TotalAmount: item.Number(r, "totalAmount", "an amount", money.ParseJSON),
		},
		Status: checker.Status(r.String("status")),
		Logs:   r.Strings("logs"),
	}
	for _, c := range checker.Required(ownChecks(it)) {
		rec.SetChecked(c, r.Bool(attribute(c)))
	}
	for _, i := range r.Maps("items") {
		rec.Items = append(rec.Items, checker.Item{ProductID: i.String("productId"), Qty: i.Int("qty")})
	}
	var err error
	if rec.CreatedAt, err = time.Parse(time.RFC3339, r.String("createdAt")); err != nil {
		r.Fault("createdAt", "a time")
	}
	if _, published := it[publishedAt]; published {
		if rec.PublishedAt, err = time.Parse(time.RFC3339, r.String(publishedAt)); err != nil {
			r.Fault(publishedAt, "a time")
		}
	}
	if err := r.Err(); err != nil {
		return checker.Record{}, fmt.Errorf("the item is not an order: %w", err)
	}
	return rec, nil
}
