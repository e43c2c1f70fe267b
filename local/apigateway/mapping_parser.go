package apigateway

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// mappingParser reads a mapping template. After the first error it is at the end of the text.
type mappingParser struct {
	text     string
	at       int
	response bool            // the template makes a response
	known    map[string]bool // variables that a #set before names
	source   string          // the expression that is read, as Go has it
	err      error
}

var (
	// special is where plain text ends. Backslashes before it escape it.
	special       = regexp.MustCompile(`\\*(?:\$!?\{?[A-Za-z]|#(?:\{?[A-Za-z@]|#|\*|\[\[))`)
	directiveName = regexp.MustCompile(`^#(?:\{([A-Za-z]+)\}|([A-Za-z]+))`)
	lineEnd       = regexp.MustCompile(`^[ \t]*\r?\n`)
	spaces        = regexp.MustCompile(`^\s+`)

	referenceStart = regexp.MustCompile(`^\$!?[A-Za-z][\w-]*`)
	referenceStep  = regexp.MustCompile(`^\.[A-Za-z][\w-]*`)
	setTarget      = regexp.MustCompile(`^\s*\$!?([A-Za-z][\w.-]*)\s*=`)
)

// parseMapping reads a mapping template. The error names the first thing that is wrong or not supported, and its line.
func parseMapping(text string, response bool) (*mapping, error) {
	p := &mappingParser{text: text, response: response, known: map[string]bool{}}
	nodes, end := p.block()
	if end != "" {
		p.failf("#%s without #if", end)
	}
	return &mapping{nodes: nodes, response: response}, p.err
}

func (p *mappingParser) failf(format string, args ...any) {
	if p.err == nil {
		line := 1 + strings.Count(p.text[:p.at], "\n")
		p.err = fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
	}
	p.at = len(p.text)
}

func (p *mappingParser) rest() string { return p.text[p.at:] }

// match reads a token, and returns its groups; nil if something else follows.
func (p *mappingParser) match(token *regexp.Regexp) []string {
	groups := token.FindStringSubmatch(p.rest())
	if groups != nil {
		p.at += len(groups[0])
	}
	return groups
}

// block reads up to the directive that ends it, and returns its name; "" at the end of the text.
func (p *mappingParser) block() (nodes []node, end string) {
	for p.at < len(p.text) {
		plain := p.rest()
		if m := special.FindStringIndex(plain); m != nil {
			plain = plain[:m[0]]
		}
		if p.at += len(plain); plain != "" {
			nodes = append(nodes, func(r *rendering) { r.out.WriteString(plain) })
			continue
		}
		if start := p.at; p.match(referenceStart) != nil {
			value := p.reference(start)
			nodes = append(nodes, func(r *rendering) { r.out.WriteString(r.textOf(value(r))) })
			continue
		}
		m := p.match(directiveName)
		if m == nil {
			line, _, _ := strings.Cut(p.rest(), "\n")
			p.failf("%q is not supported by the embedded cloud", line)
			break
		}
		switch name := m[1] + m[2]; name {
		case "set":
			nodes = append(nodes, p.set())
		case "if":
			nodes = append(nodes, p.conditional())
		case "elseif", "else", "end":
			p.match(lineEnd)
			return nodes, name
		default:
			p.failf("the directive #%s is not supported by the embedded cloud", name)
		}
	}
	return nodes, ""
}

// reference reads the rest of $name.property.method(argument) in a text.
func (p *mappingParser) reference(start int) expression {
	for p.match(referenceStep) != nil {
		if strings.HasPrefix(p.rest(), "(") {
			p.parentheses()
		}
	}
	if strings.HasPrefix(p.rest(), "[") {
		p.failf("the index after %s is not supported by the embedded cloud", p.text[start:p.at])
	}
	return p.expression(p.text[start:p.at])
}

var parenthesis = regexp.MustCompile(`[()]|` + quoted)

// parentheses reads up to the parenthesis that closes the next one, and returns what is between them.
func (p *mappingParser) parentheses() string {
	text, depth := p.rest(), 0
	if strings.HasPrefix(text, "(") {
		for _, m := range parenthesis.FindAllStringIndex(text, -1) {
			switch text[m[0]] {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				p.at += m[1]
				return text[1:m[0]]
			}
		}
	}
	p.failf(`expected "(" and a matching ")"`)
	return ""
}

// argument reads the parentheses after a directive.
func (p *mappingParser) argument() string {
	p.match(spaces)
	text := p.parentheses()
	p.match(lineEnd)
	return text
}

const (
	statusOverride = "context.responseOverride.status"
	headerOverride = "context.requestOverride.header."
)

func (p *mappingParser) set() node {
	text := p.argument()
	m := setTarget.FindStringSubmatch(text)
	if m == nil {
		p.failf("#set must be like #set($name = value), got (%s)", text)
		return nil
	}
	value, name := p.expression(text[len(m[0]):]), m[1]
	if name == statusOverride && p.response {
		return func(r *rendering) { r.override(value(r)) }
	}
	if header, ok := strings.CutPrefix(name, headerOverride); ok && !p.response {
		return func(r *rendering) { r.overrideHeader(header, value(r)) }
	}
	if strings.Contains(name, ".") || slices.Contains(builtIn, name) {
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
			b.when = p.expression(p.argument())
		}
		last := name
		b.then, name = p.block()
		if name == "" || last == "else" && name != "end" {
			p.failf("#%s without #end", last)
			return nil
		}
		branches = append(branches, b)
	}
	return func(r *rendering) {
		for _, b := range branches {
			if truthy(b.when(r)) {
				r.run(b.then)
				return
			}
		}
	}
}
