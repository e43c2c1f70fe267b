package apigateway

import (
	"encoding/json"
	"strings"
)

type mappingParser struct {
	lexer
	response bool            // the template makes a response
	known    map[string]bool // variables that a #set before names
}

// parseMapping reads a mapping template. The error names the first thing that is wrong or not supported, and its line.
func parseMapping(text string, response bool) (*mapping, error) {
	p := &mappingParser{lexer: lexer{text: text}, response: response, known: map[string]bool{}}
	nodes, end := p.block()
	if end != "" {
		p.failf("#%s without #if", end)
	}
	return &mapping{nodes: nodes, response: response}, p.err
}

// block reads up to the directive that ends it, and returns its name; "" at the end of the text.
func (p *mappingParser) block() (nodes []node, end string) {
	for p.at < len(p.text) {
		if text := p.plain(); text != "" {
			nodes = append(nodes, func(r *rendering) { r.out.WriteString(text) })
			continue
		}
		if p.match(lineComment) != nil {
			continue
		}
		if strings.HasPrefix(p.rest(), "$") {
			value := p.reference()
			nodes = append(nodes, func(r *rendering) { r.out.WriteString(r.textOf(value(r))) })
			continue
		}
		m := p.match(directiveName)
		if m == nil {
			p.failf("%q is not supported by the embedded cloud", p.next())
			break
		}
		switch name := m[1] + m[2]; name {
		case "set":
			nodes = append(nodes, p.set())
		case "if":
			nodes = append(nodes, p.conditional())
		case "elseif", "else", "end":
			return nodes, name
		default:
			p.failf("the directive #%s is not supported by the embedded cloud", name)
		}
	}
	return nodes, ""
}

const (
	statusOverride = "context.responseOverride.status"
	headerOverride = "context.requestOverride.header."
)

func (p *mappingParser) set() node {
	m := p.match(setTarget)
	if m == nil {
		p.failf("#set must be like #set($name = value), got %q", p.next())
		return nil
	}
	value := p.expression()
	p.expect(")")
	p.match(lineEnd)
	name := m[1]
	if name == statusOverride && p.response {
		return func(r *rendering) { r.override(value(r)) }
	}
	if header, ok := strings.CutPrefix(name, headerOverride); ok && !p.response {
		return func(r *rendering) { r.overrideHeader(header, value(r)) }
	}
	if root, _, deeper := strings.Cut(name, "."); deeper || builtIn[root] {
		p.failf("#set of $%s is not supported here by the embedded cloud", name)
	}
	p.known[name] = true
	return func(r *rendering) {
		if v := value(r); v != nil {
			r.set[name] = v
		}
	}
}

func (p *mappingParser) conditional() node {
	type branch struct {
		when expression
		then []node
	}
	var branches []branch
	for name := "if"; name != "end"; {
		b := branch{when: always(true)}
		if name != "else" {
			p.expect("(")
			b.when = p.expression()
			p.expect(")")
		}
		p.match(lineEnd)
		last := name
		b.then, name = p.block()
		if name == "" || last == "else" && name != "end" {
			p.failf("#%s without #end", last)
			return nil
		}
		branches = append(branches, b)
	}
	p.match(lineEnd)
	return func(r *rendering) {
		for _, b := range branches {
			if truthy(b.when(r)) {
				r.run(b.then)
				return
			}
		}
	}
}

// binaryOperators are in the order of their precedence, the lowest first.
var binaryOperators = [][]string{{"||"}, {"&&"}, {"==", "!="}, {">"}}

func (p *mappingParser) expression() expression { return p.binary(0) }

func (p *mappingParser) binary(level int) expression {
	if level == len(binaryOperators) {
		return p.operand()
	}
	left := p.binary(level + 1)
	for {
		operator := p.operator(binaryOperators[level]...)
		if operator == "" {
			return left
		}
		a, b := left, p.binary(level+1)
		left = func(r *rendering) any {
			switch operator {
			case "||":
				return truthy(a(r)) || truthy(b(r))
			case "&&":
				return truthy(a(r)) && truthy(b(r))
			case ">":
				n, m, ok := numbers(a(r), b(r))
				return ok && n > m
			}
			return r.equal(a(r), b(r)) == (operator == "==")
		}
	}
}

func (p *mappingParser) operand() expression {
	switch p.operator("!", "(") {
	case "!":
		of := p.operand()
		return func(r *rendering) any { return !truthy(of(r)) }
	case "(":
		inner := p.expression()
		p.expect(")")
		return inner
	}
	if referenceStart.MatchString(p.rest()) {
		return p.reference()
	}
	if m := p.match(stringToken); m != nil {
		text, constant := quotedText(m[0])
		if !constant {
			p.failf("the reference or directive in %s is not supported by the embedded cloud", m[0])
		}
		return always(text)
	}
	if m := p.match(numberToken); m != nil {
		return always(json.Number(m[0]))
	}
	if m := p.match(booleanToken); m != nil {
		return always(m[0] == "true")
	}
	p.failf("expected a value, and the embedded cloud does not support %q here", p.next())
	return nothing
}

func always(v any) expression { return func(*rendering) any { return v } }

// nothing stands for an expression that could not be parsed.
var nothing = always(nil)
