package dynamodb

import (
	"maps"
	"slices"
)

var updateFunctions = map[string]int{"list_append": 2}

// action is one action of an update expression. DELETE, for sets, is not implemented.
type action struct {
	name  string
	value *node // that the attribute gets; nil for REMOVE
}

type update []action

// parseUpdate reads an update expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
func parseUpdate(src string, sc *scope) (update, error) {
	return parse("UpdateExpression", src, sc, updateFunctions, func(p *parser) update {
		var actions update
		var names []string
		seen := map[string]bool{}
		for p.peek().kind != tokenEnd {
			verb := p.verb()
			if seen[verb] {
				p.fail("The %q section can only be used once in an update expression;", verb)
			}
			seen[verb] = true
			for {
				a := p.action(verb)
				actions, names = append(actions, a), append(names, a.name)
				p.checkOverlap(names)
				if !p.accept(",") {
					break
				}
			}
		}
		return actions
	})
}

func (p *parser) verb() string {
	for _, verb := range []string{"SET", "REMOVE", "ADD"} {
		if p.accept(verb) {
			return verb
		}
	}
	if p.peek().is("DELETE") {
		p.fail("The embedded cloud does not implement DELETE, which works on sets")
	}
	p.syntax()
	return ""
}

func (p *parser) action(verb string) action {
	a := action{name: p.name()}
	switch verb {
	case "SET":
		p.expect("=")
		a.value = p.sum()
	case "ADD":
		added := p.placeholder()
		if t := added.value.Type(); t != "N" {
			p.fail("Incorrect operand type for operator or function; operator: ADD, operand type: %s", t)
		}
		a.value = &node{op: "ADD", args: []*node{{op: "name", name: a.name}, added}}
	}
	return a
}

// sum is what SET assigns: an operand, or the sum or difference of two.
func (p *parser) sum() *node {
	x := p.operand()
	for _, op := range []string{"+", "-"} {
		if p.accept(op) {
			return &node{op: op, args: []*node{x, p.operand()}}
		}
	}
	return x
}

func (u update) checkKeys(s schema) error {
	for _, a := range u {
		if s.isKey(a.name) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", a.name)
		}
	}
	return nil
}

var errOperandType = invalid("An operand in the update expression has an incorrect data type")

// apply returns the updated item and leaves old as it was. Every value is computed from old: actions of one
// update do not see each other.
func (u update) apply(old Map) (Map, error) {
	item := maps.Clone(old)
	for _, a := range u {
		if a.value == nil {
			delete(item, a.name)
			continue
		}
		v, err := a.value.compute(old)
		if err != nil {
			return nil, err
		}
		item[a.name] = v
	}
	return item, nil
}

// compute is the value of an operand, a sum or a function for the item as it was.
func (n *node) compute(item Map) (Value, error) {
	switch n.op {
	case "value":
		return n.value, nil
	case "name":
		if v := item[n.name]; v != nil {
			return v, nil
		}
		return nil, invalid("The provided expression refers to an attribute that does not exist in the item")
	}
	if n.op == "ADD" && item[n.args[0].name] == nil {
		return n.args[1].value, nil
	}
	x, err := n.args[0].compute(item)
	if err != nil {
		return nil, err
	}
	y, err := n.args[1].compute(item)
	if err != nil {
		return nil, err
	}
	if n.op == "list_append" {
		first, ok1 := x.(List)
		second, ok2 := y.(List)
		if !ok1 || !ok2 {
			return nil, errOperandType
		}
		return slices.Concat(first, second), nil
	}
	a, ok1 := x.(Number)
	b, ok2 := y.(Number)
	switch {
	case !ok1 || !ok2:
		return nil, errOperandType
	case n.op == "-":
		return a.Sub(b)
	}
	return a.Add(b)
}
