package components

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// diagram renders the machine as a Mermaid diagram: https://mermaid.js.org/syntax/stateDiagram.html.
func (m machine) diagram() string {
	var b strings.Builder
	arrow := func(from, to, label string) {
		if label != "" {
			label = ": " + label
		}
		fmt.Fprintf(&b, "  %s --> %s%s\n", from, to, label)
	}
	b.WriteString("stateDiagram-v2\n")
	arrow("[*]", m.StartAt, "")
	for _, name := range slices.Sorted(maps.Keys(m.States)) {
		s := m.States[name]
		for _, c := range s.Choices {
			arrow(name, c.Next, c.StringEquals)
		}
		if s.Default != "" {
			arrow(name, s.Default, "else")
		}
		if s.Next != "" {
			arrow(name, s.Next, "")
		}
		for _, c := range s.Catch {
			label := "fails, after its retries"
			if c.ErrorEquals[0] != "States.ALL" {
				label = strings.Join(c.ErrorEquals, ", ")
			}
			arrow(name, c.Next, label)
		}
		switch s.Type {
		case "Succeed":
			arrow(name, "[*]", "SUCCEEDED")
		case "Fail":
			arrow(name, "[*]", "FAILED")
		}
	}
	return b.String()
}
