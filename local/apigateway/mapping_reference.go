package apigateway

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ohler55/ojg/jp"

	"github.com/order-patterns/order-patterns/local/guess"
)

// builtIn are the variables that API Gateway sets:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
var builtIn = map[string]bool{"input": true, "util": true, "context": true, "stageVariables": true}

type step struct {
	name string
	call bool
	args []argument
}

type argument struct {
	value expression
	token string // as it is written
}

// reference reads $name.property.method(argument), with or without braces around it.
func (p *mappingParser) reference() expression {
	start := p.at
	m := p.match(referenceStart)
	var steps []step
	for {
		s := p.match(referenceStep)
		if s == nil {
			break
		}
		next := step{name: s[1], call: s[2] != ""}
		if next.call {
			next.args = p.arguments()
		}
		steps = append(steps, next)
	}
	if strings.HasPrefix(p.rest(), "[") {
		p.failf("the index after %s is not supported by the embedded cloud", p.text[start:p.at])
	}
	if m[1] != "" {
		p.expect("}")
	}
	value, rest := p.root(m[2], steps)
	for _, s := range rest {
		value = p.apply(value, s)
	}
	return value
}

func (p *mappingParser) arguments() []argument {
	var list []argument
	if p.operator(")") != "" {
		return nil
	}
	for {
		start := p.at
		value := p.expression()
		list = append(list, argument{value, strings.TrimSpace(p.text[start:p.at])})
		if p.operator(",") == "" {
			p.expect(")")
			return list
		}
	}
}

// root finds the value that a reference begins with, and returns the steps that are left.
func (p *mappingParser) root(name string, steps []step) (expression, []step) {
	if !builtIn[name] {
		if !p.known[name] {
			p.failf("no #set before names the variable $%s", name)
		}
		return func(r *rendering) any { return r.set[name] }, steps
	}
	if name == "context" {
		return p.contextVariable(steps)
	}
	if len(steps) == 0 {
		p.failf("$%s without a property or method is not supported by the embedded cloud", name)
		return nothing, nil
	}
	value := p.function(name+"."+steps[0].name, steps[0])
	if value == nil {
		call := ""
		if steps[0].call {
			call = fmt.Sprintf(" with %d arguments", len(steps[0].args))
		}
		p.failf("$%s.%s%s is not supported by the embedded cloud", name, steps[0].name, call)
		value = nothing
	}
	return value, steps[1:]
}

// function is a property of $input, or a method of $input or $util; nil if it is not supported.
func (p *mappingParser) function(name string, s step) expression {
	if name == "input.body" && !s.call {
		return func(r *rendering) any {
			if len(r.body) == 0 {
				return "{}"
			}
			return string(r.body)
		}
	}
	if len(s.args) != 1 {
		return nil
	}
	argument := s.args[0]
	switch name {
	case "input.path":
		path := p.path(argument.token)
		return func(r *rendering) any { return path.First(r.value()) }
	case "input.json":
		path := p.path(argument.token)
		return func(r *rendering) any {
			if v, ok := path.FirstFound(r.value()); ok {
				return compact(v)
			}
			return `""`
		}
	case "util.escapeJavaScript":
		return func(r *rendering) any {
			if v := argument.value(r); v != nil {
				return escapeJavaScript(r.textOf(v))
			}
			return nil
		}
	}
	return nil
}

// contextVariable is the longest $context variable that the steps name.
func (p *mappingParser) contextVariable(steps []step) (expression, []step) {
	name := ""
	for i, s := range steps {
		if s.call {
			break
		}
		if header := s.name; "context."+name+"." == headerOverride {
			return func(r *rendering) any {
				if r.response && r.x.service.account.Guesses.Other(guess.ResponseReadsOverride) {
					return nil
				}
				return r.x.overrides[header]
			}, steps[i+1:]
		}
		name = strings.TrimPrefix(name+"."+s.name, ".")
		if v, ok := contextValue(name); ok && !v.logOnly {
			return func(r *rendering) any {
				if value := v.value(r.x); value != "" {
					return value
				}
				return nil
			}, steps[i+1:]
		}
	}
	p.failf("the variable $context.%s is not supported here by the embedded cloud", name)
	return nothing, nil
}

// path reads a quoted JSONPath. One that can select several values is refused.
func (p *mappingParser) path(token string) jp.Expr {
	text, ok := quotedText(token)
	path, err := jp.ParseString(text)
	if !ok || err != nil || len(path) == 0 || path[0] != jp.Root('$') {
		p.failf("%s is not a quoted JSONPath: it must begin with $, and a name with other characters than letters, digits and _ is written as $['a-b']", token)
		return nil
	}
	for _, fragment := range path[1:] {
		switch fragment.(type) {
		case jp.Child, jp.Nth:
		default:
			p.failf("the JSONPath %s is not supported by the embedded cloud, only a path of one value", token)
		}
	}
	return path
}

// apply is a property or a method of a value. As in Velocity, a property has no value if the value is not an object, and
// a method has none if it is not a string. The methods of lists and objects in Java are not implemented.
func (p *mappingParser) apply(of expression, s step) expression {
	if !s.call {
		return func(r *rendering) any {
			object, _ := of(r).(map[string]any)
			return object[s.name]
		}
	}
	method := func(call func(r *rendering, of string) any) expression {
		return func(r *rendering) any {
			switch v := of(r).(type) {
			case string:
				return call(r, v)
			case []any, map[string]any:
				r.failf("the method %s of a list or an object is not supported by the embedded cloud", s.name)
			}
			return nil
		}
	}
	switch {
	case s.name == "length" && len(s.args) == 0:
		return method(func(_ *rendering, v string) any { return json.Number(strconv.Itoa(len(utf16.Encode([]rune(v))))) })
	case s.name == "contains" && len(s.args) == 1:
		return method(func(r *rendering, v string) any { return strings.Contains(v, r.textOf(s.args[0].value(r))) })
	case s.name == "replaceAll" && len(s.args) == 2:
		pattern, isPattern := quotedText(s.args[0].token)
		with, isText := quotedText(s.args[1].token)
		expr, err := regexp.Compile(pattern)
		if err != nil || !isPattern || !isText || strings.ContainsAny(with, `\$`) {
			p.failf("replaceAll(%s, %s) is not supported by the embedded cloud, only a regular expression without look-around and a replacement without \\ and $, both quoted",
				s.args[0].token, s.args[1].token)
			return nothing
		}
		return method(func(_ *rendering, v string) any { return expr.ReplaceAllLiteralString(v, with) })
	}
	p.failf("the method %s with %d arguments is not supported by the embedded cloud", s.name, len(s.args))
	return nothing
}
