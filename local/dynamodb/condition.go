package dynamodb

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

var conditionFunctions = map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "begins_with": 2}

var comparators = []string{"=", "<>", "<", "<=", ">", ">="}

// parseCondition reads a condition, filter or key condition expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
func parseCondition(what, src string, sc *scope) (*node, error) {
	return parse(what, src, sc, conditionFunctions, func(p *parser) *node {
		p.inner = p.or
		return p.condition(p.or())
	})
}

func (p *parser) or() *node { return p.joined("OR", p.and) }

func (p *parser) and() *node { return p.joined("AND", p.not) }

func (p *parser) joined(keyword string, operand func() *node) *node {
	n := operand()
	for p.peek().is(keyword) {
		left := p.condition(n)
		p.advance()
		n = &node{op: keyword, args: []*node{left, p.condition(operand())}}
	}
	return n
}

func (p *parser) not() *node {
	if p.accept("NOT") {
		return &node{op: "NOT", args: []*node{p.condition(p.comparison())}}
	}
	return p.comparison()
}

func (p *parser) comparison() *node {
	x := p.primary()
	switch t := p.peek(); {
	case t.kind == tokenSymbol && slices.Contains(comparators, t.text):
		p.operand(x)
		p.advance()
		return &node{op: t.text, args: []*node{x, p.operand(p.primary())}}
	case t.is("BETWEEN"):
		p.operand(x)
		p.advance()
		low := p.operand(p.primary())
		p.expect("AND")
		return &node{op: "BETWEEN", args: []*node{x, low, p.operand(p.primary())}}
	case t.is("IN"):
		p.fail("The embedded cloud does not implement IN")
	}
	return x
}

func (p *parser) condition(n *node) *node {
	if n.op == "name" || n.op == "value" {
		p.syntax()
	}
	return n
}

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
		return item[n.args[0].name] != nil
	case "attribute_not_exists":
		return item[n.args[0].name] == nil
	}
	v := make([]Value, len(n.args))
	for i, arg := range n.args {
		if v[i] = arg.value; arg.op == "name" {
			v[i] = item[arg.name]
		}
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
