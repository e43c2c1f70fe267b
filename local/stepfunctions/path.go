package stepfunctions

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ohler55/ojg/jp"
)

// scope is what expressions of a state refer to.
type scope struct {
	data    any                   // $
	context func() map[string]any // $$
	random  func() float64
}

// path is a JSONPath into a state's data, or into the context object if it begins with $$.
type path struct {
	text     string
	context  bool
	expr     jp.Expr
	definite bool // it selects one value: no wildcard, slice or union
}

// hyphenated finds the names that JSONPath of Java, which AWS uses, takes without brackets, and package jp does not.
var hyphenated = regexp.MustCompile(`\.(\w*-[\w-]*)`)

func parsePath(text string) (*path, error) {
	p := &path{text: text, definite: true}
	rest, ok := strings.CutPrefix(text, "$$")
	switch {
	case ok:
		p.context, rest = true, "$"+rest
	case strings.HasPrefix(text, "$"):
		rest = text
	default:
		return nil, errors.New("not a valid JSONPath")
	}
	if !strings.ContainsAny(rest, `'"`) {
		rest = hyphenated.ReplaceAllString(rest, "['$1']")
	}
	if strings.ContainsAny(unquoted(rest), "()?") {
		return nil, errors.New("not a JSONPath that the embedded cloud implements, which has no filters and functions")
	}
	var err error
	if p.expr, err = jp.ParseString(rest); err != nil {
		return nil, fmt.Errorf("not a valid JSONPath: %w", err)
	}
	for _, f := range p.expr[1:] {
		switch f.(type) {
		case jp.Child, jp.Nth:
		case jp.Wildcard, jp.Union, jp.Slice:
			p.definite = false
		default:
			return nil, errors.New("not a JSONPath that the embedded cloud implements, which has no recursive descent")
		}
	}
	return p, nil
}

var quoted = regexp.MustCompile(`'(\\.|[^'\\])*'|"(\\.|[^"\\])*"`)

func unquoted(text string) string { return quoted.ReplaceAllString(text, "") }

// parseReference reads a Reference Path, which tells one place in the data: where a result goes to, for example.
func parseReference(text string) (*path, error) {
	p, err := parsePath(text)
	if err == nil && !p.definite {
		err = errors.New("not a Reference Path")
	}
	return p, err
}

// find returns what a path selects: a value, or the list of values that an indefinite path selects. Only a definite
// path can fail to find something.
func (p *path) find(sc *scope) (any, bool) {
	data := sc.data
	if p.context {
		data = sc.context()
	}
	if len(p.expr) == 1 {
		return data, true
	}
	if p.definite {
		return p.expr.FirstFound(data)
	}
	values := []any{data}
	for i := range p.expr[1:] {
		step := p.expr[i+1 : i+2]
		_, wild := step[0].(jp.Wildcard)
		found := []any{}
		for _, v := range values {
			if object, ok := v.(map[string]any); ok && wild {
				// jp takes the members in the order of Go's maps, which is none.
				for _, key := range slices.Sorted(maps.Keys(object)) {
					found = append(found, object[key])
				}
				continue
			}
			found = append(found, step.Get(v)...)
		}
		values = found
	}
	return values, true
}

// put returns a copy of data with value at the path, objects on the way to it made where they are missing.
func (p *path) put(data, value any) (any, bool) { return put(data, value, p.expr[1:]) }

func put(data, value any, steps jp.Expr) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	switch step := steps[0].(type) {
	case jp.Child:
		object, ok := data.(map[string]any)
		if !ok && data != nil {
			return nil, false
		}
		inner, ok := put(object[string(step)], value, steps[1:])
		if !ok {
			return nil, false
		}
		changed := maps.Clone(object)
		if changed == nil {
			changed = map[string]any{}
		}
		changed[string(step)] = inner
		return changed, true
	case jp.Nth:
		list, ok := data.([]any)
		if i := int(step); ok && i >= 0 && i < len(list) {
			inner, ok := put(list[i], value, steps[1:])
			changed := slices.Clone(list)
			changed[i] = inner
			return changed, ok
		}
	}
	return nil, false
}
