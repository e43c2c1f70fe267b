package coffee

import "github.com/order-patterns/order-patterns/order/strictjson"

// Fault is one fault of a document.
type Fault = strictjson.Fault

// InvalidOrder is the error for a document that is not a valid order. A retry cannot succeed. The Orchestrator's state machine matches the
// name of this type.
type InvalidOrder struct {
	Faults []Fault
}

// Error lists the faults with their paths, in one line, for the sender.
func (e *InvalidOrder) Error() string { return strictjson.Explain(e.Faults) }

// Invalid returns an *InvalidOrder with these faults, or nil if there are none.
func Invalid(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return &InvalidOrder{Faults: faults}
}
