package dynamodb

import (
	"maps"
	"slices"
)

func errOperandType() error {
	return invalid("An operand in the update expression has an incorrect data type")
}

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
	return nil, errOperandType()
}

// compute evaluates the right side of SET.
func (n *node) compute(item Map) (Value, error) {
	switch n.op {
	case "value":
		return n.value, nil
	case "path":
		if v := item.at(n.path); v != nil {
			return v, nil
		}
		return nil, invalid("The provided expression refers to an attribute that does not exist in the item")
	case "if_not_exists":
		if v := item.at(n.args[0].path); v != nil {
			return v, nil
		}
		return n.args[1].compute(item)
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
			return nil, errOperandType()
		}
		return slices.Concat(first, second), nil
	}
	a, ok1 := x.(Number)
	b, ok2 := y.(Number)
	switch {
	case !ok1 || !ok2:
		return nil, errOperandType()
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
