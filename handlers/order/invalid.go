package order

import (
	"fmt"
	"strings"

	"github.com/order-patterns/order-patterns/handlers/strictjson"
)

// maxFaults is how many faults one message spells out; a body can hold any number of unknown fields.
const maxFaults = 20

// Fault is one thing wrong with a document.
type Fault = strictjson.Fault

// InvalidOrder is the error for a document that is not an order. Retrying it is of no use.
type InvalidOrder struct {
	Faults []Fault
}

// Error names every fault with its path, in one line fit for the sender.
func (e *InvalidOrder) Error() string {
	var lines []string
	for i, f := range e.Faults {
		if i == maxFaults {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Faults)-maxFaults))
			break
		}
		lines = append(lines, f.Path+": "+f.Problem)
	}
	return strings.Join(lines, "; ")
}
