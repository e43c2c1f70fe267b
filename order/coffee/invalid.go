package coffee

import "github.com/order-patterns/order-patterns/order/strictjson"

// Fault is one thing wrong with a document.
type Fault = strictjson.Fault

// InvalidOrder is the error for a document that is not an order. Retrying it is of no use.
type InvalidOrder struct {
	Faults []Fault
}

// Error names every fault with its path, in one line fit for the sender.
func (e *InvalidOrder) Error() string { return strictjson.Explain(e.Faults) }
