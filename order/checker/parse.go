package checker

import (
	"fmt"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// ParseRequest parses the body of POST /order: an order without an id.
func ParseRequest(body []byte) (Order, error) { return parse(body) }

// Parse parses what Order.JSON encodes.
func Parse(body []byte) (Order, error) { return parse(body, "orderId") }

func parse(body []byte, more ...string) (Order, error) {
	doc, err := Decode(body)
	if err != nil {
		return Order{}, err
	}
	var r Reader
	o := r.order(doc, "", more...)
	if err := r.Err(); err != nil {
		return Order{}, err
	}
	return o, nil
}

// ParseRequests parses the body of POST /orders, {"orders": [...]}: 1 to MaxOrders orders without ids.
func ParseRequests(body []byte) ([]Order, error) {
	doc, err := Decode(body)
	if err != nil {
		return nil, err
	}
	var r Reader
	var orders []Order
	if fields := r.Object(doc, "body", "orders"); fields != nil {
		for i, v := range r.list(fields, "", "orders", MaxOrders) {
			orders = append(orders, r.order(v, fmt.Sprintf("orders[%d]", i)))
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return orders, nil
}

// order reads the order object at path. more has the field "orderId" if the order has an id.
func (r *Reader) order(v any, path string, more ...string) Order {
	at := path
	if at == "" {
		at = "body"
	}
	fields := r.Object(v, at, append(more, "customerId", "items", "totalAmount")...)
	if fields == nil {
		return Order{}
	}
	var o Order
	if len(more) > 0 {
		o.OrderID = r.ID(fields, path, "orderId")
	}
	o.CustomerID = r.ID(fields, path, "customerId")
	for i, v := range r.list(fields, path, "items", MaxItems) {
		o.Items = append(o.Items, r.item(v, fmt.Sprintf("%s[%d]", strictjson.Join(path, "items"), i)))
	}
	o.TotalAmount = r.Amount(fields, path, "totalAmount", 0)
	return o
}

func (r *Reader) item(v any, path string) Item {
	fields := r.Object(v, path, "productId", "qty")
	if fields == nil {
		return Item{}
	}
	return Item{ProductID: r.ID(fields, path, "productId"), Qty: r.Whole(fields, path, "qty", 1, MaxQty)}
}

// ParseReference parses {"orderId": "..."}.
func ParseReference(body []byte) (orderID string, err error) {
	doc, err := Decode(body)
	if err != nil {
		return "", err
	}
	var r Reader
	if fields := r.Object(doc, "body", "orderId"); fields != nil {
		orderID = r.ID(fields, "", "orderId")
	}
	return orderID, r.Err()
}

// EncodeReferences encodes the ids of orders. ParseReferences parses them.
func EncodeReferences(orderIDs []string) ([]byte, error) {
	doc, err := coffee.EncodeJSON(map[string][]string{"orderIds": orderIDs})
	if err != nil {
		return nil, fmt.Errorf("encoding the ids of %d orders: %w", len(orderIDs), err)
	}
	return doc, nil
}

// ParseReferences parses {"orderIds": ["..."]}: 1 to MaxOrders ids.
func ParseReferences(body []byte) (orderIDs []string, err error) {
	doc, err := Decode(body)
	if err != nil {
		return nil, err
	}
	var r Reader
	if fields := r.Object(doc, "body", "orderIds"); fields != nil {
		for i, v := range r.list(fields, "", "orderIds", MaxOrders) {
			name := fmt.Sprintf("orderIds[%d]", i)
			orderIDs = append(orderIDs, r.ID(map[string]any{name: v}, "", name))
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return orderIDs, nil
}
