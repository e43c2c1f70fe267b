package apigateway

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/ohler55/ojg/jp"

	"github.com/order-patterns/order-patterns/local/guess"
)

// An expression has the syntax of one of Go, which parses it, except for quotes, line breaks, and $ and - in names. Letters that no
// name of a template can have stand for these two.
const (
	quoted = `"(?:[^"]|"")*"|'(?:[^']|'')*'` // a quote within quotes is written twice; a backslash has no special meaning
	dollar = "ø"
	hyphen = "ħ"
)

var (
	foreign  = regexp.MustCompile(quoted + `|\s+|\$!?[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*`)
	goNames  = strings.NewReplacer("$!", dollar, "$", dollar, "-", hyphen)
	ownNames = strings.NewReplacer(dollar, "$", hyphen, "-")
	decimal  = regexp.MustCompile(`^\d+(?:\.\d+)?$`)
)

// builtIn are the variables that API Gateway sets:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
var builtIn = []string{"input", "util", "context", "stageVariables"}

func always(v any) expression { return func(*rendering) any { return v } }

func (p *mappingParser) expression(text string) expression {
	p.source = foreign.ReplaceAllStringFunc(text, func(t string) string {
		switch quote := t[:1]; quote {
		case `"`, "'":
			if quote == `"` && special.MatchString(t) {
				p.failf("the reference or directive in %s is not supported by the embedded cloud", t)
			}
			return strconv.Quote(strings.ReplaceAll(t[1:len(t)-1], quote+quote, quote))
		case "$":
			return goNames.Replace(t)
		}
		return " "
	})
	e, err := parser.ParseExpr(p.source)
	if err != nil {
		p.failf("the expression %q is not supported by the embedded cloud", strings.TrimSpace(text))
		return nil
	}
	return p.compile(e)
}

// compile refuses what it does not know, by its text.
func (p *mappingParser) compile(e ast.Expr) expression {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return p.compile(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			of := p.compile(e.X)
			return func(r *rendering) any { return !truthy(of(r)) }
		}
	case *ast.BinaryExpr:
		if operator := operators[e.Op]; operator != nil {
			a, b := p.compile(e.X), p.compile(e.Y)
			return func(r *rendering) any { return operator(r, a, b) }
		}
	case *ast.BasicLit:
		if text, ok := textOf(e); ok {
			return always(text)
		}
		if decimal.MatchString(e.Value) {
			return always(json.Number(e.Value))
		}
	case *ast.Ident:
		name, isVariable := strings.CutPrefix(ownNames.Replace(e.Name), "$")
		switch {
		case p.known[name] && isVariable:
			return func(r *rendering) any { return r.set[name] }
		case isVariable && !slices.Contains(builtIn, name):
			p.failf("no #set before names the variable $%s", name)
		case name == "true" || name == "false":
			return always(name == "true")
		}
	case *ast.SelectorExpr:
		if v := property(selected(e)); v != nil {
			return v
		}
	case *ast.CallExpr:
		if v := p.call(e); v != nil {
			return v
		}
	}
	p.failf("%s is not supported here by the embedded cloud", ownNames.Replace(p.source[e.Pos()-1:e.End()-1]))
	return nil
}

var operators = map[token.Token]func(r *rendering, a, b expression) bool{
	token.LOR:  func(r *rendering, a, b expression) bool { return truthy(a(r)) || truthy(b(r)) },
	token.LAND: func(r *rendering, a, b expression) bool { return truthy(a(r)) && truthy(b(r)) },
	token.EQL:  func(r *rendering, a, b expression) bool { return r.equal(a(r), b(r)) },
	token.NEQ:  func(r *rendering, a, b expression) bool { return !r.equal(a(r), b(r)) },
	token.GTR: func(r *rendering, a, b expression) bool {
		n, m, ok := numbers(a(r), b(r))
		return ok && n > m
	},
}

// selected is the name that selectors of a variable spell, such as context.authorizer.any; "" for those of anything else.
func selected(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.TrimPrefix(ownNames.Replace(e.Name), "$")
	case *ast.SelectorExpr:
		if of := selected(e.X); of != "" {
			return of + "." + ownNames.Replace(e.Sel.Name)
		}
	}
	return ""
}

// textOf is the value of a quoted text.
func textOf(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// property is $input.body or a $context variable; nil if it is not supported.
func property(name string) expression {
	if name == "input.body" {
		return func(r *rendering) any {
			if len(r.body) == 0 {
				return "{}"
			}
			return string(r.body)
		}
	}
	if header, ok := strings.CutPrefix(name, headerOverride); ok {
		return func(r *rendering) any {
			if r.response && r.x.service.account.Guesses.Other(guess.ResponseReadsOverride) {
				return nil
			}
			return r.x.overrides[header]
		}
	}
	name, inContext := strings.CutPrefix(name, "context.")
	v, known := contextValue(name)
	if !inContext || !known || v.logOnly {
		return nil
	}
	return func(r *rendering) any {
		if value := v.value(r.x); value != "" {
			return value
		}
		return nil
	}
}

// call is a method of $input or $util, or one of strings; nil if it is not supported.
func (p *mappingParser) call(e *ast.CallExpr) expression {
	method, ok := e.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	switch name := selected(method); {
	case name == "input.path" && len(e.Args) == 1:
		path := p.path(e.Args[0])
		return func(r *rendering) any { return path.First(r.value()) }
	case name == "input.json" && len(e.Args) == 1:
		path := p.path(e.Args[0])
		return func(r *rendering) any {
			if v, ok := path.FirstFound(r.value()); ok {
				return compact(v)
			}
			return `""`
		}
	case name == "util.escapeJavaScript" && len(e.Args) == 1:
		argument := p.compile(e.Args[0])
		return func(r *rendering) any {
			if v := argument(r); v != nil {
				return escapeJavaScript(r.textOf(v))
			}
			return nil
		}
	}
	call := p.method(method.Sel.Name, e.Args)
	if call == nil {
		return nil
	}
	// As in Velocity, there is no value if the method's string is none. The methods of lists and objects in Java are not implemented.
	of := p.compile(method.X)
	return func(r *rendering) any {
		switch v := of(r).(type) {
		case string:
			return call(r, v)
		case []any, map[string]any:
			r.failf("the method %s of a list or an object is not supported by the embedded cloud", method.Sel.Name)
		}
		return nil
	}
}

// path reads a quoted JSONPath. One that can select several values is refused.
func (p *mappingParser) path(e ast.Expr) jp.Expr {
	text, ok := textOf(e)
	path, err := jp.ParseString(text)
	if !ok || err != nil || len(path) == 0 || path[0] != jp.Root('$') || !path.Normal() {
		p.failf("%q is not a quoted JSONPath that is supported, only a path of one value: it must begin with $, and a name with other "+
			"characters than letters, digits and _ is written as $['a-b']", text)
	}
	return path
}

// method is a method of strings; nil if it is not supported.
func (p *mappingParser) method(name string, args []ast.Expr) func(r *rendering, of string) any {
	switch {
	case name == "length" && len(args) == 0:
		return func(_ *rendering, v string) any { return json.Number(strconv.Itoa(len(utf16.Encode([]rune(v))))) }
	case name == "contains" && len(args) == 1:
		part := p.compile(args[0])
		return func(r *rendering, v string) any { return strings.Contains(v, r.textOf(part(r))) }
	case name == "replaceAll" && len(args) == 2:
		pattern, isPattern := textOf(args[0])
		with, isText := textOf(args[1])
		expr, err := regexp.Compile(pattern)
		if err != nil || !isPattern || !isText || strings.ContainsAny(with, `\$`) {
			p.failf(`replaceAll(%q, %q) is not supported by the embedded cloud, only a regular expression without look-around `+
				`and a replacement without \ and $, both quoted`, pattern, with)
		}
		return func(_ *rendering, v string) any { return expr.ReplaceAllLiteralString(v, with) }
	}
	return nil
}
