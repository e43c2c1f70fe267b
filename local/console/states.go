package console

import "encoding/json"

// states adds edges from a machine to each node that a state of its definition names, labelled with the state. A state that
// leads to a failed execution, such as one that sends to a failure queue, is a failure.
func (b *builder) states(machine, definition string) {
	var d map[string]any
	if json.Unmarshal([]byte(definition), &d) != nil { // it was parsed when it was deployed
		return
	}
	if n := b.nodes[machine]; n != nil {
		n.Description, _ = d["Comment"].(string)
	}
	b.mentions(Edge{From: machine}, d)
}

// mentions adds an edge to each node whose ARN or name is a string in v, a part of a state. State machines in it have states of
// their own.
func (b *builder) mentions(e Edge, v any) {
	switch v := v.(type) {
	case string:
		b.add(e.From, v, e.Kind, e.Label)
	case []any:
		for _, v := range v {
			b.mentions(e, v)
		}
	case map[string]any:
		for key, v := range v {
			states, ok := v.(map[string]any)
			if !ok || key != "States" {
				b.mentions(e, v)
				continue
			}
			for name, v := range states {
				kind := edgeCall
				state, _ := v.(map[string]any)
				next, _ := state["Next"].(string)
				if after, _ := states[next].(map[string]any); after["Type"] == "Fail" {
					kind = edgeFailure
				}
				b.mentions(Edge{From: e.From, Label: name, Kind: kind}, v)
			}
		}
	}
}
