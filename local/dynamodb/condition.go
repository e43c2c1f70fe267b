package dynamodb

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

var conditionFunctions = map[string]int{"attribute_exists": 1, "attribute_not_exists": 1, "begins_with": 2}

var comparators = []string{"=", "<>", "<", "<=", ">", ">="}

// orders are the comparators of values that have an order, on the result of cmp.Compare.
var orders = map[string]func(int) bool{
	"<": func(c int) bool { return c < 0 }, "<=": func(c int) bool { return c <= 0 },
	">": func(c int) bool { return c > 0 }, ">=": func(c int) bool { return c >= 0 },
}

// parseCondition reads a condition, filter or key condition expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
func parseCondition(what, src string, sc *scope) (*node, error) {
	return parse(what, src, sc, conditionFunctions, (*parser).or)
}

func (p *parser) or() *node { return p.joined("OR", p.and) }

func (p *parser) and() *node { return p.joined("AND", p.not) }

func (p *parser) joined(keyword string, operand func() *node) *node {
	n := operand()
	for p.accept(keyword) {
		n = &node{op: keyword, args: []*node{n, operand()}}
	}
	return n
}

func (p *parser) not() *node {
	if p.accept("NOT") {
		return &node{op: "NOT", args: []*node{p.comparison()}}
	}
	return p.comparison()
}

// comparison reads a comparison, a function, or a condition in parentheses.
func (p *parser) comparison() *node {
	if p.accept("(") {
		n := p.or()
		p.expect(")")
		if n.parens {
			p.fail("The expression has redundant parentheses;")
		}
		n.parens = true
		return n
	}
	if p.isCall() {
		n := p.call()
		if t := p.peek(); slices.Contains(comparators, t.text) || t.is("BETWEEN") {
			p.fail("The function is not allowed to be used this way in an expression; function: %s", n.op)
		}
		return n
	}
	x := p.operand()
	switch t := p.peek(); {
	case slices.Contains(comparators, t.text):
		p.advance()
		return &node{op: t.text, args: []*node{x, p.operand()}}
	case p.accept("BETWEEN"):
		low := p.operand()
		p.expect("AND")
		return &node{op: "BETWEEN", args: []*node{x, low, p.operand()}}
	case t.is("IN"):
		p.fail("The embedded cloud does not implement IN")
	}
	p.syntax()
	return nil
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
		text, ok1 := v[0].(String)
		prefix, ok2 := v[1].(String)
		return ok1 && ok2 && strings.HasPrefix(string(text), string(prefix))
	}
	c, ok := compareValues(v[0], v[1])
	return ok && orders[n.op](c)
}

// equal compares by type and value; nil equals nothing.
func equal(a, b Value) bool {
	switch a.(type) {
	case nil:
		return false
	case List, Map: // not comparable with ==
		return reflect.DeepEqual(a, b)
	}
	return a == b
}

// compareValues orders two strings or numbers; false if they are not of one such type.
func compareValues(a, b Value) (int, bool) {
	x, ok1 := sortable(a)
	y, ok2 := sortable(b)
	return cmp.Compare(x, y), ok1 && ok2 && a.Type() == b.Type()
}
