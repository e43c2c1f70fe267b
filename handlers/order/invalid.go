package order

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/order-patterns/order-patterns/handlers/strictjson"
)

// maxFaults is how many faults one message spells out; a body can hold any number of unknown fields.
const maxFaults = 20

// Fault is one thing wrong with a document: where, and what.
type Fault struct {
	Path    string // JSON path, such as order.details.quantity; "body" for the document as a whole
	Problem string // such as "must be an integer from 1 to 10000, got 0"
}

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

// show repeats a JSON value in an error message: its kind for a container, its text, shortened, for the rest.
func show(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	case string:
		// Quoted as JSON, so that a control character shows as what was sent.
		quoted, err := json.Marshal(strictjson.Clip(v))
		if err != nil {
			return "a string"
		}
		return string(quoted)
	case nil:
		return "null"
	default:
		return strictjson.Clip(fmt.Sprint(v))
	}
}
