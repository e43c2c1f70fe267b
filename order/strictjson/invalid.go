package strictjson

import (
	"fmt"
	"strings"
)

// Invalid is the error for an invalid document. A retry cannot succeed.
type Invalid struct {
	Faults []Fault
}

// Error lists the faults with their paths, in one line, for the sender.
func (e *Invalid) Error() string { return Explain(e.Faults) }

// Err returns an *Invalid with the collected faults, or nil if there are none.
func (r *Reader) Err() error {
	if len(r.Faults) == 0 {
		return nil
	}
	return &Invalid{Faults: r.Faults}
}

// maxFaults is the largest number of faults in a message. A body can have any number of unknown fields.
const maxFaults = 20

// Explain formats faults with their paths, in one line, for the sender.
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
