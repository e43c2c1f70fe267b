package dynamodb

import (
	"maps"
	"slices"
)

var updateFunctions = map[string]int{"list_append": 2}

// action is one action of an update expression. Verb is SET, REMOVE or ADD; DELETE, for sets, is not implemented.
type action struct {
	verb  string
	path  path
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
		seen := map[string]bool{}
		for p.peek().kind != tokenEnd {
			verb := p.verb()
			if seen[verb] {
				p.fail("The %q section can only be used once in an update expression;", verb)
			}
			seen[verb] = true
			for {
				actions = append(actions, p.action(verb))
				if !p.accept(",") {
					break
				}
			}
		}
		p.checkPaths(actions.paths())
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
	a := action{verb: verb, path: p.path()}
	switch verb {
	case "SET":
		p.expect("=")
		a.value = p.sum()
	case "ADD":
		a.value = p.placeholder()
		p.operators++
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
		n := p.operator(op, x, p.operand(p.primary()))
		for _, arg := range n.args {
			if t := typeOf(arg); t != "" && t != "N" {
				p.fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", op, t)
			}
		}
		return n
	}
	return x
}

// checkPaths refuses two paths if one contains the other.
func (p *parser) checkPaths(paths []path) {
	for i, one := range paths {
		for _, two := range paths[i+1:] {
			if n := min(len(one), len(two)); slices.Equal(one[:n], two[:n]) {
				p.fail("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: %s, path two: %s", one, two)
			}
		}
	}
}

func (u update) paths() []path {
	paths := make([]path, len(u))
	for i, a := range u {
		paths[i] = a.path
	}
	return paths
}

func (u update) checkKeys(s schema) error {
	for _, a := range u {
		if s.isKey(a.path[0]) {
			return invalid("One or more parameter values were invalid: Cannot update attribute %s. This attribute is part of the key", a.path[0])
		}
	}
	return nil
}

var errOperandType = invalid("An operand in the update expression has an incorrect data type")

// apply returns the updated item and leaves old as it was. Every value is computed from old: actions of one
// update do not see each other.
func (u update) apply(old Map) (Map, error) {
	item := old
	for _, a := range u {
		v, err := a.compute(old)
		if err != nil {
			return nil, err
		}
		if item, err = replace(item, a.path, v); err != nil {
			return nil, err
		}
	}
	return item, nil
}

// compute is the value that an action leaves at its path; nil if it removes it.
func (a action) compute(item Map) (Value, error) {
	old := item.at(a.path)
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
	case "path":
		if v := item.at(n.path); v != nil {
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

// replace returns a copy of in with what is at p replaced by v, or removed if v is nil.
func replace(in Map, p path, v Value) (Map, error) {
	name := p[0]
	if len(p) > 1 {
		child, ok := in[name].(Map)
		if !ok {
			return nil, invalid("The document path provided in the update expression is invalid for update")
		}
		replaced, err := replace(child, p[1:], v)
		if err != nil {
			return nil, err
		}
		v = replaced
	}
	out := maps.Clone(in)
	if v == nil {
		delete(out, name)
	} else {
		out[name] = v
	}
	return out, nil
}
