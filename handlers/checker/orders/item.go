package orders

import (
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

func key(orderID string) item.Item { return item.Item{"orderId": item.String(orderID)} }

func status(s checker.Status) item.Value { return item.String(string(s)) }

// publishedAt is an attribute that an order has once the outbox has published it.
const publishedAt = "publishedAt"

// toItem makes the item of a new record.
func toItem(r checker.Record) item.Item {
	var items []item.Value
	for _, i := range r.Items {
		items = append(items, item.Map(item.Item{"productId": item.String(i.ProductID), "qty": item.Int(i.Qty)}))
	}
	return item.Item{
		"orderId":        item.String(r.OrderID),
		"customerId":     item.String(r.CustomerID),
		"items":          item.List(items...),
		"totalAmount":    item.Decimal(r.TotalAmount.String()),
		"status":         status(r.Status),
		"accountChecked": item.Bool(r.AccountChecked),
		"stockChecked":   item.Bool(r.StockChecked),
		"logs":           item.Strings(r.Logs...),
		"createdAt":      item.String(r.CreatedAt.UTC().Format(time.RFC3339Nano)),
	}
}

// fromItem reads an item that toItem made.
func fromItem(it item.Item) (checker.Record, error) {
	r := item.NewReader(it)
	rec := checker.Record{
		Order: checker.Order{
			OrderID: r.String("orderId"), CustomerID: r.String("customerId"),
			TotalAmount: item.Number(r, "totalAmount", "an amount", money.ParseJSON),
		},
		Status:         checker.Status(r.String("status")),
		AccountChecked: r.Bool("accountChecked"),
		StockChecked:   r.Bool("stockChecked"),
		Logs:           r.Strings("logs"),
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
