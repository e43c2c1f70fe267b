package stepfunctions

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// expression is the value of a field whose name ends in ".$": a path, or an intrinsic function.
type expression interface {
	evaluate(*scope) (any, error)
}

type literal struct{ value any }

func (l literal) evaluate(*scope) (any, error) { return l.value, nil }

func (p *path) evaluate(sc *scope) (any, error) {
	v, ok := p.find(sc)
	if !ok {
		return nil, runtimef("The JSONPath '%s' could not be found in the input '%s'", p.text, render(sc.data))
	}
	return v, nil
}

// call is an intrinsic function with its arguments.
type call struct {
	text     string
	function function
	args     []expression
}

func (c *call) evaluate(sc *scope) (any, error) {
	args := make([]any, len(c.args))
	for i, a := range c.args {
		var err error
		if args[i], err = a.evaluate(sc); err != nil {
			return nil, err
		}
	}
	v, err := c.function.do(sc, args)
	if err != nil {
		return nil, &failure{Name: "States.IntrinsicFailure", Cause: fmt.Sprintf("The function '%s' had the following error: %v", c.text, err), inState: true}
	}
	return v, nil
}

// maxNesting is how many intrinsic functions can be within each other.
const maxNesting = 10

func parseExpression(text string) (expression, error) {
	if strings.HasPrefix(text, "$") {
		return parsePath(text)
	}
	p := &expressionParser{text: text}
	e, err := p.call(1)
	if err == nil && p.rest() != "" {
		err = errors.New("there is text after it")
	}
	if err != nil {
		return nil, fmt.Errorf("not a valid JSONPath or intrinsic function: %w", err)
	}
	return e, nil
}

// expressionParser reads the syntax of intrinsic functions:
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
type expressionParser struct {
	text string
	at   int
	// template is set before the first argument of States.Format, which reads escapes itself.
	template bool
}

func (p *expressionParser) rest() string { return strings.TrimLeft(p.text[p.at:], " ") }

func (p *expressionParser) take(token string) bool {
	rest := p.rest()
	if !strings.HasPrefix(rest, token) {
		return false
	}
	p.at = len(p.text) - len(rest) + len(token)
	return true
}

func (p *expressionParser) call(depth int) (expression, error) {
	start := len(p.text) - len(p.rest())
	name, _, ok := strings.Cut(p.rest(), "(")
	if !ok || !strings.HasPrefix(name, "States.") {
		return nil, fmt.Errorf("a function has the form States.Name(...), not %q", p.rest())
	}
	f, known := functions[name]
	if !known {
		return nil, fmt.Errorf("there is no intrinsic function %s", name)
	}
	if depth > maxNesting {
		return nil, fmt.Errorf("more than %d functions are within each other", maxNesting)
	}
	p.take(name + "(")
	c := &call{function: f}
	for !p.take(")") {
		if len(c.args) > 0 && !p.take(",") {
			return nil, fmt.Errorf("expected , or ) before %q", p.rest())
		}
		p.template = name == "States.Format" && len(c.args) == 0
		arg, err := p.argument(depth)
		if err != nil {
			return nil, err
		}
		c.args = append(c.args, arg)
	}
	if n := len(c.args); n < f.min || n > f.max {
		return nil, fmt.Errorf("the function %s cannot have %d arguments", name, n)
	}
	c.text = p.text[start:p.at]
	return c, nil
}

func (p *expressionParser) argument(depth int) (expression, error) {
	rest := p.rest()
	switch {
	case strings.HasPrefix(rest, "'"):
		return p.quoted()
	case strings.HasPrefix(rest, "$"):
		text := rest[:pathEnd(rest)]
		p.take(text)
		return parsePath(strings.TrimSpace(text))
	case strings.HasPrefix(rest, "States."):
		return p.call(depth + 1)
	}
	end := strings.IndexAny(rest, ",)")
	if end < 0 {
		return nil, errors.New("it does not end with )")
	}
	text := strings.TrimSpace(rest[:end])
	p.take(rest[:end])
	var number json.Number
	switch {
	case text == "null":
		return literal{}, nil
	case text == "true" || text == "false":
		return literal{text == "true"}, nil
	case json.Unmarshal([]byte(text), &number) == nil && number != "" && text[0] != '"':
		return literal{number}, nil
	}
	return nil, fmt.Errorf("%q is no string, number, boolean, path or function", text)
}

// pathEnd is where a path ends that is an argument: at a comma or parenthesis that is not in brackets.
func pathEnd(text string) int {
	depth := 0
	var quote rune
	for i, r := range text {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == '[':
			depth++
		case r == ']':
			depth--
		case depth == 0 && (r == ',' || r == ')'):
			return i
		}
	}
	return len(text)
}

// quoted reads a string in single quotes, in which a backslash makes the next character an ordinary one.
func (p *expressionParser) quoted() (expression, error) {
	p.take("'")
	var b strings.Builder
	for i := p.at; i < len(p.text); i++ {
		switch ch := p.text[i]; ch {
		case '\'':
			p.at = i + 1
			return literal{b.String()}, nil
		case '\\':
			if i++; i == len(p.text) {
				continue
			}
			if p.template {
				b.WriteByte('\\')
			}
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(ch)
		}
	}
	return nil, errors.New("a string has no end")
}
