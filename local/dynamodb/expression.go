package dynamodb

import (
	"fmt"
	"slices"
	"strings"
)

// node is one node of a parsed condition or update value. Op is "name", "value", a comparator, AND, OR,
// NOT, BETWEEN, + or -, or the name of a function.
type node struct {
	op     string
	args   []*node
	name   string // of an attribute
	value  Value
	parens bool
}

// parser reads one expression. Its rules throw what is wrong as a mistake, which parse catches.
type parser struct {
	src       string
	tokens    []token
	next      int
	scope     *scope
	functions map[string]int // the functions known here, and how many operands each has
}

// mistake is the first thing that is wrong with an expression, as DynamoDB words it. Of several, DynamoDB may
// report another one.
type mistake string

// parse reads src, the request's parameter what ("ConditionExpression"), with the given start rule.
func parse[T any](what, src string, sc *scope, functions map[string]int, rule func(*parser) T) (result T, err error) {
	if src == "" {
		return result, invalid("Invalid %s: The expression can not be empty;", what)
	}
	defer func() {
		switch thrown := recover().(type) {
		case nil:
		case mistake:
			err = invalid("Invalid %s: %s", what, string(thrown))
		default:
			panic(thrown)
		}
	}()
	p := &parser{src: src, tokens: lex(src), scope: sc, functions: functions}
	result = rule(p)
	if p.peek().kind != tokenEnd {
		p.syntax()
	}
	return result, nil
}

func (p *parser) peek() token { return p.tokens[p.next] }

func (p *parser) advance() token {
	t := p.peek()
	if t.kind != tokenEnd {
		p.next++
	}
	return t
}

// accept consumes the next token if it is text.
func (p *parser) accept(text string) bool {
	if !p.peek().is(text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(text string) {
	if !p.accept(text) {
		p.syntax()
	}
}

func (p *parser) syntax() {
	near := p.src[p.tokens[max(p.next-1, 0)].start:p.tokens[min(p.next+1, len(p.tokens)-1)].end]
	p.fail("Syntax error; token: %q, near: %q", p.peek().text, near)
}

func (p *parser) fail(format string, args ...any) { panic(mistake(fmt.Sprintf(format, args...))) }

// name reads the name of an attribute. A document path to a part of its value is refused.
func (p *parser) name() (name string) {
	switch t := p.peek(); t.kind {
	case tokenWord:
		if name = t.text; reserved[strings.ToUpper(name)] {
			p.fail("Attribute name is a reserved keyword; reserved keyword: %s", name)
		}
	case tokenName:
		var ok bool
		if name, ok = p.scope.names[t.text]; !ok {
			p.fail("An expression attribute name used in the document path is not defined; attribute name: %s", t.text)
		}
		p.scope.used[t.text] = true
	default:
		p.syntax()
	}
	p.advance()
	if next := p.peek(); next.is(".") || next.is("[") {
		p.fail("The embedded cloud does not implement document paths; attribute: %s", name)
	}
	return name
}

// names reads a list of names, which must differ.
func (p *parser) names() (list []string) {
	for {
		list = append(list, p.name())
		p.checkOverlap(list)
		if !p.accept(",") {
			return list
		}
	}
}

// checkOverlap refuses the last name if it is among the others.
func (p *parser) checkOverlap(names []string) {
	if last := names[len(names)-1]; slices.Contains(names[:len(names)-1], last) {
		p.fail("Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [%s], path two: [%s]", last, last)
	}
}

func (p *parser) placeholder() *node {
	t := p.peek()
	if t.kind != tokenValue {
		p.syntax()
	}
	p.advance()
	v, ok := p.scope.values[t.text]
	if !ok {
		p.fail("An expression attribute value used in expression is not defined; attribute value: %s", t.text)
	}
	p.scope.used[t.text] = true
	return &node{op: "value", value: v}
}

// isCall reports whether a function's name and its parenthesis follow.
func (p *parser) isCall() bool {
	return p.peek().kind == tokenWord && p.tokens[p.next+1].is("(")
}

// operand reads a name, a placeholder, or the call of a function that has a value.
func (p *parser) operand() *node {
	switch t := p.peek(); {
	case t.kind == tokenValue:
		return p.placeholder()
	case p.isCall():
		if name := p.peek().text; conditionFunctions[name] != 0 {
			p.fail("The function is not allowed to be used this way in an expression; function: %s", name)
		}
		return p.call()
	case t.is("AND"), t.is("OR"), t.is("NOT"), t.is("BETWEEN"):
		p.syntax()
	}
	return &node{op: "name", name: p.name()}
}

func (p *parser) call() *node {
	n := &node{op: p.advance().text}
	want, known := p.functions[n.op]
	switch {
	case slices.Contains([]string{"contains", "attribute_type", "size", "if_not_exists"}, n.op):
		p.fail("The embedded cloud does not implement the function %s", n.op)
	case !known:
		p.fail("Invalid function name; function: %s", n.op)
	}
	p.expect("(")
	n.args = append(n.args, p.operand())
	for p.accept(",") {
		n.args = append(n.args, p.operand())
	}
	p.expect(")")
	if len(n.args) != want {
		p.fail("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d", n.op, len(n.args))
	}
	if want == 1 && n.args[0].op != "name" {
		p.fail("Operator or function requires a document path; operator or function: %s", n.op)
	}
	return n
}
