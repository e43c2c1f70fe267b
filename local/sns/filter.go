package sns

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/sqs"
)

// filter is a filter policy over message attributes. A message matches if, for every key, any of its conditions holds. A
// nil filter matches every message. https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
type filter map[string][]condition

// condition is one condition on an attribute. accepts reports whether it holds for a value, absent whether it holds if
// the attribute is missing.
type condition struct {
	accepts func(value any) bool
	absent  bool
}

const maxFilterKeys = 5

func parseFilter(text string) (filter, error) {
	var raw map[string][]any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("must be an object of lists of conditions: %w", err)
	}
	if len(raw) == 0 || len(raw) > maxFilterKeys {
		return nil, fmt.Errorf("must have 1 to %d keys, got %d", maxFilterKeys, len(raw))
	}
	f := filter{}
	for key, list := range raw {
		if len(list) == 0 {
			return nil, fmt.Errorf("%s: must not be empty", key)
		}
		for _, item := range list {
			c, err := parseCondition(item)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			f[key] = append(f[key], c)
		}
	}
	return f, nil
}

func parseCondition(item any) (condition, error) {
	if scalar(item) {
		return condition{accepts: func(v any) bool { return v == item }}, nil
	}
	m, _ := item.(map[string]any)
	if len(m) != 1 {
		return condition{}, fmt.Errorf("a condition must be a string, a number or an object with one operator, got %v", item)
	}
	operator := slices.Collect(maps.Keys(m))[0]
	arg := m[operator]
	text, isText := arg.(string)
	exists, isFlag := arg.(bool)
	switch {
	case operator == "exists" && isFlag:
		return condition{accepts: func(any) bool { return exists }, absent: !exists}, nil
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
	return condition{}, fmt.Errorf("the embedded cloud does not support the operator %q on %v", operator, arg)
}

// parseAnythingBut reads a string or number, a list of them, or an object with another operator.
func parseAnythingBut(arg any) (condition, error) {
	if nested, ok := arg.(map[string]any); ok {
		inner, err := parseCondition(nested)
		return condition{accepts: func(v any) bool { return !inner.accepts(v) }}, err
	}
	list, ok := arg.([]any)
	if !ok {
		list = []any{arg}
	}
	if len(list) == 0 || slices.ContainsFunc(list, func(v any) bool { return !scalar(v) }) {
		return condition{}, fmt.Errorf("anything-but: must have strings or numbers, got %v", arg)
	}
	return condition{accepts: func(v any) bool { return !slices.Contains(list, v) }}, nil
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
	return condition{accepts: func(v any) bool { s, ok := v.(string); return ok && test(s) }}
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
		return condition{}, fmt.Errorf("numeric: must have one or two comparisons, got %v", arg)
	}
	var all []func(float64) bool
	for pair := range slices.Chunk(list, 2) {
		name, _ := pair[0].(string)
		n, ok := pair[1].(float64)
		compare := comparisons[name]
		if !ok || compare == nil {
			return condition{}, fmt.Errorf("numeric: must have =, <, <=, > or >= and a number, got %v", pair)
		}
		all = append(all, func(v float64) bool { return compare(v, n) })
	}
	return condition{accepts: func(v any) bool {
		n, ok := v.(float64)
		return ok && !slices.ContainsFunc(all, func(holds func(float64) bool) bool { return !holds(n) })
	}}, nil
}

func (f filter) matches(attributes map[string]sqs.MessageAttribute) bool {
	for key, conditions := range f {
		a, present := attributes[key]
		values := valuesOf(a)
		met := func(c condition) bool {
			if !present {
				return c.absent
			}
			return slices.ContainsFunc(values, c.accepts)
		}
		if !slices.ContainsFunc(conditions, met) {
			return false
		}
	}
	return true
}

// valuesOf returns the values that conditions are applied to. A Binary attribute has none, an array each of its own.
func valuesOf(a sqs.MessageAttribute) []any {
	switch a.DataType {
	case "Number":
		if n, err := strconv.ParseFloat(a.StringValue, 64); err == nil {
			return []any{n}
		}
	case "String.Array":
		var list []any
		if json.Unmarshal([]byte(a.StringValue), &list) == nil {
			return list
		}
	case "String":
		return []any{a.StringValue}
	}
	return nil
}
