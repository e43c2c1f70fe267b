package strictjson

import (
	"fmt"
	"strings"
)

// Invalid is the error for a document that is not what it should be. Reading it again is of no use.
type Invalid struct {
	Faults []Fault
}

// Error names every fault with its path, in one line fit for the sender.
func (e *Invalid) Error() string { return Explain(e.Faults) }

// Err is an *Invalid with the faults that were collected, or nil if there are none.
func (r *Reader) Err() error {
	if len(r.Faults) == 0 {
		return nil
	}
	return &Invalid{Faults: r.Faults}
}

// maxFaults is how many faults one message spells out; a body can hold any number of unknown fields.
const maxFaults = 20

// Explain tells faults with their paths, in one line fit for the sender.
func Explain(faults []Fault) string {
	var lines []string
	for i, f := range faults {
		if i == maxFaults {
			lines = append(lines, fmt.Sprintf("and %d more", len(faults)-maxFaults))
			break
		}
		lines = append(lines, f.Path+": "+f.Problem)
	}
	return strings.Join(lines, "; ")
}
