package checkerclient

import (
	"encoding/json"
	"fmt"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// captured is an order as the API answers it.
type captured struct {
	OrderID        string
	CustomerID     string
	Items          []checker.Item
	TotalAmount    json.Number
	Status         checker.Status
	AccountChecked bool
	StockChecked   bool
	Logs           []string
}

// of gives the record, if it is that of the order that was sent.
func (c captured) of(sent checker.Order) (checker.Record, error) {
	total, err := money.ParseJSON(c.TotalAmount.String())
	if err != nil {
		return checker.Record{}, fmt.Errorf("the order was captured with totalAmount %q: %w", c.TotalAmount, err)
	}
	rec := checker.Record{
		Order:  checker.Order{OrderID: c.OrderID, CustomerID: c.CustomerID, Items: c.Items, TotalAmount: total},
		Status: c.Status, AccountChecked: c.AccountChecked, StockChecked: c.StockChecked, Logs: c.Logs,
	}
	switch {
	case rec.OrderID == "":
		return checker.Record{}, fmt.Errorf("the order was captured without an orderId: %+v", c)
	case !rec.Same(sent):
		return checker.Record{}, fmt.Errorf("another order was captured than was sent: %+v", c)
	}
	return rec, nil
}

// match gives the records of the orders of a request, each of which must be either captured or failed.
func match(sent []checker.Order, answers []captured, fails []Failed) ([]checker.Record, error) {
	if len(answers)+len(fails) != len(sent) {
		return nil, fmt.Errorf("of %d orders %d were captured and %d failed", len(sent), len(answers), len(fails))
	}
	failed := map[int]bool{}
	for _, f := range fails {
		failed[f.Index] = true
	}
	var records []checker.Record
	for i, o := range sent {
		if failed[i] {
			continue
		}
		if len(records) == len(answers) {
			return nil, fmt.Errorf("order %d of %d is neither captured nor failed", i, len(sent))
		}
		rec, err := answers[len(records)].of(o)
		if err != nil {
			return nil, fmt.Errorf("order %d of %d: %w", i, len(sent), err)
		}
		records = append(records, rec)
	}
	return records, nil
}

func decode(answer []byte, into any) error {
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%w: %.200s", err, answer)
	}
	return nil
}
