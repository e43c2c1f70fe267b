package dynamodb

import (
	"maps"
	"slices"
)

var updateFunctions = map[string]int{"list_append": 2}

// action is one action of an update expression. Verb is SET, REMOVE or ADD; DELETE, for sets, is not implemented.
type action struct {
	verb  string
	name  string
	value *node // nil for REMOVE
}

type update []action

// parseUpdate reads an update expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
func parseUpdate(src string, sc *scope) (update, error) {
	return parse("UpdateExpression", src, sc, updateFunctions, func(p *parser) update {
		p.inner = p.sum
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
	a := action{verb: verb, name: p.name()}
	switch verb {
	case "SET":
		p.expect("=")
		a.value = p.sum()
	case "ADD":
		a.value = p.placeholder()
		if t := a.value.value.Type(); t != "N" {
			p.fail("Incorrect operand type for operator or function; operator: ADD, operand type: %s", t)
		}
	}
	return a
}

// sum is what SET assigns: an operand, or the sum or difference of two.
func (p *parser) sum() *node {
	x := p.primary()
	for _, op := range []string{"+", "-"} {
		if !p.peek().is(op) {
			continue
		}
		p.operand(x)
		p.advance()
		return &node{op: op, args: []*node{x, p.operand(p.primary())}}
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
		v, err := a.compute(old)
		if err != nil {
			return nil, err
		}
		if item[a.name] = v; v == nil {
			delete(item, a.name)
		}
	}
	return item, nil
}

// compute is the value to which an action sets its attribute; nil if it removes it.
func (a action) compute(item Map) (Value, error) {
	old := item[a.name]
	switch a.verb {
	case "SET":
		return a.value.compute(item)
	case "REMOVE":
		return nil, nil
	}
	if old == nil {
		return a.value.value, nil
	}
	if n, ok := old.(Number); ok {
		return n.Add(a.value.value.(Number))
	}
	return nil, errOperandType
}

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
	case n.op == "+":
		return a.Add(b)
	}
	return a.Sub(b)
}
