package dynamodb

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// holds returns whether a condition is true of an item. No condition (nil) is true. The item is nil if it does not exist.
func (n *node) holds(item Map) bool {
	if n == nil {
		return true
	}
	switch n.op {
	case "AND":
		return n.args[0].holds(item) && n.args[1].holds(item)
	case "OR":
		return n.args[0].holds(item) || n.args[1].holds(item)
	case "NOT":
		return !n.args[0].holds(item)
	case "attribute_exists":
		return item.at(n.args[0].path) != nil
	case "attribute_not_exists":
		return item.at(n.args[0].path) == nil
	}
	v := make([]Value, len(n.args))
	for i, arg := range n.args {
		v[i] = arg.operandOf(item)
	}
	switch n.op {
	case "=":
		return equal(v[0], v[1])
	case "<>": // an attribute that does not exist differs from everything, another such attribute included
		return !equal(v[0], v[1])
	case "BETWEEN":
		low, ok1 := compareValues(v[0], v[1])
		high, ok2 := compareValues(v[0], v[2])
		return ok1 && ok2 && low >= 0 && high <= 0
	case "begins_with":
		return beginsWith(v[0], v[1])
	}
	c, ok := compareValues(v[0], v[1])
	return ok && ordered(n.op, c)
}

// ordered returns whether a comparison's result satisfies <, <=, > or >=.
func ordered(op string, c int) bool {
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// operandOf is the value of a condition's operand; nil if the item lacks it.
func (n *node) operandOf(item Map) Value {
	if n.op == "path" {
		return item.at(n.path)
	}
	return n.value
}

// at is what a path leads to; nil if nothing.
func (v Map) at(p path) Value {
	var at Value = v
	for _, name := range p {
		in, ok := at.(Map)
		if !ok {
			return nil
		}
		at = in[name]
	}
	return at
}

// equal compares by type and value; nil equals nothing.
func equal(a, b Value) bool {
	switch a := a.(type) {
	case nil:
		return false
	case List:
		b, ok := b.(List)
		return ok && slices.EqualFunc(a, b, equal)
	case Map:
		b, ok := b.(Map)
		return ok && maps.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case List, Map: // not comparable with ==
		return false
	}
	return a == b
}

// compareValues orders two strings, numbers or binaries; false if they are not of one such type.
func compareValues(a, b Value) (int, bool) {
	if a == nil || b == nil || a.Type() != b.Type() {
		return 0, false
	}
	switch a.(type) {
	case String, Number, Binary:
		return cmp.Compare(sortable(a), sortable(b)), true
	}
	return 0, false
}

func beginsWith(v, prefix Value) bool {
	switch v.(type) {
	case String, Binary:
		return prefix != nil && v.Type() == prefix.Type() && strings.HasPrefix(sortable(v), sortable(prefix))
	}
	return false
}
