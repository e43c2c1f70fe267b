package apigateway

import (
	"encoding/json"
	"strings"
)

// mappingParser turns a mapping template into what renders it.
type mappingParser struct {
	lexer
	response bool            // the template makes a response
	known    map[string]bool // variables that a #set before names
}

// parseMapping reads a mapping template. The error names the first thing that is wrong or not supported, and its line.
func parseMapping(text string, response bool) (*mapping, error) {
	p := &mappingParser{lexer: lexer{text: text}, response: response, known: map[string]bool{}}
	return &mapping{nodes: p.whole(), response: response}, p.err
}

func (p *mappingParser) whole() []node {
	nodes, end := p.block()
	if end != "" {
		p.failf("#%s without #if", end)
	}
	return nodes
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

const statusOverride = "context.responseOverride.status"

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

// conditional reads what follows #if, up to its #end.
func (p *mappingParser) conditional() node {
	type branch struct {
		when expression
		then []node
	}
	var branches []branch
	for name := "if"; name != "end"; {
		b := branch{when: func(*rendering) any { return true }}
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

// expression reads a value. || binds less than &&, && less than == and !=, and ! most.
func (p *mappingParser) expression() expression {
	left := p.conjunction()
	for p.operator("||") {
		a, b := left, p.conjunction()
		left = func(r *rendering) any { return truthy(a(r)) || truthy(b(r)) }
	}
	return left
}

func (p *mappingParser) conjunction() expression {
	left := p.equality()
	for p.operator("&&") {
		a, b := left, p.equality()
		left = func(r *rendering) any { return truthy(a(r)) && truthy(b(r)) }
	}
	return left
}

func (p *mappingParser) equality() expression {
	left := p.operand()
	for {
		a := left
		switch {
		case p.operator("=="):
			b := p.operand()
			left = func(r *rendering) any { return r.equal(a(r), b(r)) }
		case p.operator("!="):
			b := p.operand()
			left = func(r *rendering) any { return !r.equal(a(r), b(r)) }
		default:
			return left
		}
	}
}

func (p *mappingParser) operand() expression {
	switch {
	case p.operator("!"):
		of := p.operand()
		return func(r *rendering) any { return !truthy(of(r)) }
	case p.accept("("):
		inner := p.expression()
		p.expect(")")
		return inner
	case referenceStart.MatchString(p.rest()):
		return p.reference()
	}
	if m := p.match(stringToken); m != nil {
		return p.quoted(m[0])
	}
	if m := p.match(numberToken); m != nil {
		return always(json.Number(m[0]))
	}
	if m := p.match(booleanToken); m != nil {
		return always(m[0] == "true")
	}
	p.failf("a value is wanted, or what is there is not supported by the embedded cloud: %q", p.next())
	return nothing
}

func always(v any) expression { return func(*rendering) any { return v } }

// nothing stands for what could not be parsed.
var nothing = always(nil)

// quoted is the value of a string. One in double quotes is a template itself.
func (p *mappingParser) quoted(token string) expression {
	value, fixed := quotedText(token)
	if fixed {
		return always(value)
	}
	inner := &mappingParser{lexer: lexer{text: value}, response: p.response, known: p.known}
	nodes := inner.whole()
	if inner.err != nil {
		p.failf("in %s: %v", token, inner.err)
	}
	return func(r *rendering) any { return r.capture(nodes) }
}
