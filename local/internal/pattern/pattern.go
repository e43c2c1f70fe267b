// Package pattern matches JSON objects with filter policies of SNS and filter patterns of Lambda, which have the same operators:
//
//   - https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
//   - https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
package pattern

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Pattern has what must hold for each key of an object. A nil Pattern matches every object.
type Pattern map[string]rule

// rule is a list of conditions, any of which must hold, or a pattern of the object that the key has.
type rule struct {
	conditions []condition
	nested     Pattern
}

// condition reports whether it holds for a value, which is nil if there is none.
type condition func(value any, present bool) bool

// Parse reads a pattern.
func Parse(text string) (Pattern, error) {
	var raw map[string]any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("must be an object of lists of conditions: %w", err)
	}
	return parse(raw)
}

func parse(raw map[string]any) (Pattern, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("must have a key")
	}
	p := Pattern{}
	for key, value := range raw {
		r, err := parseRule(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		p[key] = r
	}
	return p, nil
}

func parseRule(value any) (r rule, err error) {
	if object, ok := value.(map[string]any); ok {
		r.nested, err = parse(object)
		return r, err
	}
	list, _ := value.([]any)
	if len(list) == 0 {
		return r, fmt.Errorf("must be an object or a list of conditions, and not be empty")
	}
	for _, item := range list {
		c, err := parseCondition(item)
		if err != nil {
			return r, err
		}
		r.conditions = append(r.conditions, c)
	}
	return r, nil
}

// Keys is the number of keys that have conditions, and Nested reports whether one of them is in a nested object.
func (p Pattern) Keys() (n int, nested bool) {
	for _, r := range p {
		if r.nested == nil {
			n++
			continue
		}
		below, _ := r.nested.Keys()
		n, nested = n+below, true
	}
	return n, nested
}

func parseCondition(item any) (condition, error) {
	if scalar(item) {
		return func(v any, present bool) bool { return present && v == item }, nil
	}
	m, _ := item.(map[string]any)
	if len(m) != 1 {
		return nil, fmt.Errorf("a condition must be a string, a number or an object with one operator, got %v", item)
	}
	operator := slices.Collect(maps.Keys(m))[0]
	arg := m[operator]
	text, isText := arg.(string)
	exists, isFlag := arg.(bool)
	switch {
	case operator == "exists" && isFlag:
		return func(_ any, present bool) bool { return present == exists }, nil
	case operator == "prefix" && isText:
		return onStrings(func(v string) bool { return strings.HasPrefix(v, text) }), nil
	case operator == "suffix" && isText:
		return onStrings(func(v string) bool { return strings.HasSuffix(v, text) }), nil
	case operator == "equals-ignore-case" && isText:
		return onStrings(func(v string) bool { return strings.EqualFold(v, text) }), nil
	case operator == "anything-but":
		return parseAnythingBut(arg)
	case operator == "numeric":
		return parseNumeric(arg)
	}
	return nil, fmt.Errorf("the embedded cloud does not support the operator %q on %v", operator, arg)
}

// parseAnythingBut reads a string or number, a list of them, or an object with another operator.
func parseAnythingBut(arg any) (condition, error) {
	if nested, ok := arg.(map[string]any); ok {
		inner, err := parseCondition(nested)
		return func(v any, present bool) bool { return present && !inner(v, present) }, err
	}
	list, ok := arg.([]any)
	if !ok {
		list = []any{arg}
	}
	if len(list) == 0 || slices.ContainsFunc(list, func(v any) bool { return !scalar(v) }) {
		return nil, fmt.Errorf("anything-but: must have strings or numbers, got %v", arg)
	}
	return func(v any, present bool) bool { return present && !slices.Contains(list, v) }, nil
}

// scalar reports whether a JSON value is neither a list nor an object. Only scalars can be compared with ==.
func scalar(v any) bool {
	switch v.(type) {
	case []any, map[string]any:
		return false
	}
	return true
}

func onStrings(test func(string) bool) condition {
	return func(v any, _ bool) bool { s, ok := v.(string); return ok && test(s) }
}

var comparisons = map[string]func(v, n float64) bool{
	"=": func(v, n float64) bool { return v == n },
	"<": func(v, n float64) bool { return v < n }, "<=": func(v, n float64) bool { return v <= n },
	">": func(v, n float64) bool { return v > n }, ">=": func(v, n float64) bool { return v >= n },
}

// parseNumeric reads one or two comparisons, all of which must hold: [">=", 0, "<", 10].
func parseNumeric(arg any) (condition, error) {
	list, _ := arg.([]any)
	if len(list) != 2 && len(list) != 4 {
		return nil, fmt.Errorf("numeric: must have one or two comparisons, got %v", arg)
	}
	var all []func(float64) bool
	for pair := range slices.Chunk(list, 2) {
		name, _ := pair[0].(string)
		n, ok := pair[1].(float64)
		compare := comparisons[name]
		if !ok || compare == nil {
			return nil, fmt.Errorf("numeric: must have =, <, <=, > or >= and a number, got %v", pair)
		}
		all = append(all, func(v float64) bool { return compare(v, n) })
	}
	return func(v any, _ bool) bool {
		n, ok := v.(float64)
		return ok && !slices.ContainsFunc(all, func(holds func(float64) bool) bool { return !holds(n) })
	}, nil
}

// MatchesJSON reports whether a text is a JSON object that the pattern matches.
func (p Pattern) MatchesJSON(text []byte) bool {
	var object map[string]any
	return p == nil || json.Unmarshal(text, &object) == nil && object != nil && p.Matches(object)
}

// Matches reports whether the pattern matches an object, as encoding/json decodes it. A list matches if one of its elements does.
func (p Pattern) Matches(object map[string]any) bool {
	for key, r := range p {
		value, present := object[key]
		list, isList := value.([]any)
		if !isList && present {
			list = []any{value}
		}
		if !r.matches(list, present) {
			return false
		}
	}
	return true
}

func (r rule) matches(values []any, present bool) bool {
	if r.nested != nil {
		objects := []map[string]any{}
		for _, v := range values {
			if object, ok := v.(map[string]any); ok {
				objects = append(objects, object)
			}
		}
		return slices.ContainsFunc(objects, r.nested.Matches) || len(objects) == 0 && r.nested.Matches(nil)
	}
	return slices.ContainsFunc(r.conditions, func(c condition) bool {
		if !present {
			return c(nil, false)
		}
		return slices.ContainsFunc(values, func(v any) bool { return scalar(v) && c(v, true) })
	})
}
