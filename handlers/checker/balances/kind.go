package balances

import (
	"fmt"
	"strings"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Kind says what the balances of a table measure.
type Kind struct {
	Key   string        // the name of the partition key
	Check checker.Check // the check that reads the balances

	// The log lines of the check. {id} stands for the id.
	sufficient, insufficient, unknown string
}

// The kinds. The balances of Stock are integers.
var (
	Accounts = Kind{
		Key: "customerId", Check: checker.Account,
		sufficient: "Sufficient account balance", insufficient: "Insufficient account balance", unknown: "Unknown customer {id}",
	}
	Stock = Kind{
		Key: "productId", Check: checker.Stock,
		sufficient: "Sufficient stock", insufficient: "Insufficient stock of {id}", unknown: "Unknown product {id}",
	}
)

// Want is the amount that an order needs from a balance.
type Want struct {
	ID     string
	Amount money.Amount
}

// Pieces returns the Want of a number of pieces of a product.
func Pieces(id string, n int64) Want { return Want{ID: id, Amount: money.FromInt(n)} }

// Shortage is a Want that exceeds its balance.
type Shortage struct {
	Want
	Left  money.Amount
	Known bool // whether the balance exists
}

// Explain formats shortages as a log line.
func (k Kind) Explain(shortages ...Shortage) string {
	var parts []string
	for _, s := range shortages {
		if s.Known {
			parts = append(parts, fmt.Sprintf("%s: %s wanted, %s left", strings.ReplaceAll(k.insufficient, "{id}", s.ID), s.Amount, s.Left))
		} else {
			parts = append(parts, strings.ReplaceAll(k.unknown, "{id}", s.ID))
		}
	}
	return strings.Join(parts, "; ")
}

// Finding returns the finding of the check for an order with these shortages.
func (k Kind) Finding(orderID string, shortages []Shortage) checker.Finding {
	f := checker.Finding{OrderID: orderID, Check: k.Check, Passed: len(shortages) == 0, Log: k.sufficient}
	if !f.Passed {
		f.Log = k.Explain(shortages...)
	}
	return f
}
