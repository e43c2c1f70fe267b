package stepfunctions

import (
	"maps"
	"slices"
)

// edge is a transition out of a state, and where it is written.
type edge struct{ field, at, to string }

// edges returns all transitions out of a state.
func (n *node) edges() []edge {
	var list []edge
	add := func(fields map[string]any, name, at string) {
		if to, ok := fields[name].(string); ok {
			list = append(list, edge{name, at + "/" + name, to})
		}
	}
	add(n.fields, "Next", n.at)
	add(n.fields, "Default", n.at)
	for _, field := range []string{"Choices", "Catch"} {
		rules, _ := n.fields[field].([]any)
		for i, rule := range rules {
			object, _ := rule.(map[string]any)
			add(object, "Next", n.item(field, i))
		}
	}
	return list
}

// checkTransitions refuses transitions to states that do not exist, and states that cannot be reached.
func (d *definition) checkTransitions(p *problems, start string, edges map[string][]edge) {
	if start != "" && d.start == nil {
		p.addf(missingTarget, "/StartAt", "Missing 'Next' target: %s", start)
	}
	reached := map[string]bool{start: true}
	queue := []string{start}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, e := range edges[name] {
			if !reached[e.to] {
				reached[e.to] = true
				queue = append(queue, e.to)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.states)) {
		for _, e := range edges[name] {
			if d.states[e.to] == nil {
				p.addf(missingTarget, e.at, "Missing '%s' target: %s", e.field, e.to)
			}
		}
		if !reached[name] {
			p.addf(missingTarget, "/States/"+name, "State \"%s\" is not reachable.", name)
		}
	}
}
