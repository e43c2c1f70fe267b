package dynamodb

import (
	"maps"
	"slices"
)

// removed marks a list element that an update took out, until all actions are done: the indexes in an
// update are those before it.
type removed struct{ Null }

func errOperandType() error {
	return invalid("An operand in the update expression has an incorrect data type")
}

// apply returns the updated item and leaves old as it was. Every value is computed from old: actions of one
// update do not see each other.
func (u update) apply(old Map) (Map, error) {
	ordered := u.inOrder()
	values := make([]Value, len(ordered))
	for i, a := range ordered {
		v, err := a.compute(old)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	item := maps.Clone(old)
	for i, a := range ordered {
		v, err := replace(item[a.path[0].name], a.path[1:], values[i])
		if err != nil {
			return nil, err
		}
		put(item, a.path[0].name, v)
	}
	for _, a := range ordered {
		if len(a.path) > 1 {
			put(item, a.path[0].name, compact(item[a.path[0].name]))
		}
	}
	return item, nil
}

func put(m Map, name string, v Value) {
	if v == nil {
		delete(m, name)
	} else {
		m[name] = v
	}
}

// compute is the value that an action leaves at its path; nil if it removes it.
func (a action) compute(item Map) (Value, error) {
	old := item.at(a.path)
	switch a.verb {
	case "SET":
		return a.value.compute(item)
	case "REMOVE":
		return nil, nil
	case "ADD":
		if old == nil {
			return a.value.value, nil
		}
		if n, ok := old.(Number); ok && a.value.value.Type() == "N" {
			return n.Add(a.value.value.(Number))
		}
	case "DELETE":
		if old == nil {
			return nil, nil
		}
	}
	set, ok := old.(Set)
	if !ok || old.Type() != a.value.value.Type() {
		return nil, errOperandType()
	}
	return set.combine(a.verb, a.value.value.(Set).Members), nil
}

// combine adds or deletes members; nil if none is left.
func (s Set) combine(verb string, members []string) Value {
	all := slices.DeleteFunc(slices.Clone(s.Members), func(m string) bool { return slices.Contains(members, m) })
	if verb == "ADD" {
		all = append(all, members...)
		slices.Sort(all)
	}
	if len(all) == 0 {
		return nil
	}
	return Set{Elem: s.Elem, Members: all}
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
func replace(in Value, p path, v Value) (Value, error) {
	if len(p) == 0 {
		return v, nil
	}
	switch in := in.(type) {
	case Map:
		if p[0].name == "" {
			break
		}
		child, err := replace(in[p[0].name], p[1:], v)
		if err != nil {
			return nil, err
		}
		m := maps.Clone(in)
		put(m, p[0].name, child)
		return m, nil
	case List:
		return replaceElement(in, p, v)
	}
	return nil, errPath()
}

func errPath() error {
	return invalid("The document path provided in the update expression is invalid for update")
}

func replaceElement(in List, p path, v Value) (Value, error) {
	index := p[0].index
	switch {
	case p[0].name != "" || index >= len(in) && len(p) > 1:
		return nil, errPath()
	case index >= len(in) && v == nil:
		return in, nil
	case index >= len(in):
		return append(slices.Clone(in), v), nil
	}
	child, err := replace(in[index], p[1:], v)
	if err != nil {
		return nil, err
	}
	if child == nil {
		child = removed{}
	}
	l := slices.Clone(in)
	l[index] = child
	return l, nil
}

// compact takes the elements marked as removed out of all lists in v.
func compact(v Value) Value {
	switch v := v.(type) {
	case List:
		l := make(List, 0, len(v))
		for _, e := range v {
			if _, gone := e.(removed); !gone {
				l = append(l, compact(e))
			}
		}
		return l
	case Map:
		m := make(Map, len(v))
		for name, e := range v {
			m[name] = compact(e)
		}
		return m
	}
	return v
}
