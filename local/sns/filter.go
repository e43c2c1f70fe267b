package sns

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/sqs"
)

// filter is a filter policy over message attributes: all keys must be met, each by any of its conditions. A nil filter
// matches everything. https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
type filter map[string][]condition

// condition tells whether one value of an attribute is accepted; absent is what it says of an attribute that is missing.
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
	m, ok := item.(map[string]any)
	if !ok {
		return condition{}, fmt.Errorf("a condition cannot be %v", item)
	}
	if len(m) != 1 {
		return condition{}, fmt.Errorf("a condition has one operator, got %d", len(m))
	}
	for operator, arg := range m {
		text, isText := arg.(string)
		switch {
		case operator == "exists" && (arg == true || arg == false):
			return condition{accepts: func(any) bool { return arg == true }, absent: arg == false}, nil
		case operator == "prefix" && isText:
			return onStrings(func(v string) bool { return strings.HasPrefix(v, text) }), nil
		case operator == "suffix" && isText:
			return onStrings(func(v string) bool { return strings.HasSuffix(v, text) }), nil
		case operator == "equals-ignore-case" && isText:
			return onStrings(func(v string) bool { return strings.EqualFold(v, text) }), nil
		case operator == "anything-but":
			if nested, ok := arg.(map[string]any); ok {
				inner, err := parseCondition(nested)
				return condition{accepts: func(v any) bool { return !inner.accepts(v) }}, err
			}
			list, ok := arg.([]any)
			if !ok {
				list = []any{arg}
			}
			if len(list) == 0 || slices.ContainsFunc(list, func(v any) bool { return !scalar(v) }) {
				return condition{}, fmt.Errorf("anything-but: strings or numbers are wanted, got %v", arg)
			}
			return condition{accepts: func(v any) bool { return !slices.Contains(list, v) }}, nil
		case operator == "numeric":
			return parseNumeric(arg)
		}
		return condition{}, fmt.Errorf("the embedded cloud does not support the operator %q on %v", operator, arg)
	}
	panic("unreachable")
}

// scalar tells whether a value of JSON is none that holds others: only those compare.
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

// parseNumeric reads pairs of a comparison and a number, all of which must hold: [">=", 0, "<", 10].
func parseNumeric(arg any) (condition, error) {
	list, _ := arg.([]any)
	compare := map[string]func(v, n float64) bool{
		"=": func(v, n float64) bool { return v == n },
		"<": func(v, n float64) bool { return v < n }, "<=": func(v, n float64) bool { return v <= n },
		">": func(v, n float64) bool { return v > n }, ">=": func(v, n float64) bool { return v >= n },
	}
	if len(list) != 2 && len(list) != 4 {
		return condition{}, fmt.Errorf("numeric: one or two comparisons are wanted, got %v", arg)
	}
	for i := 0; i < len(list); i += 2 {
		name, _ := list[i].(string)
		if _, ok := list[i+1].(float64); !ok || compare[name] == nil {
			return condition{}, fmt.Errorf("numeric: =, <, <=, > or >= and a number are wanted, got %v", list[i:i+2])
		}
	}
	return condition{accepts: func(v any) bool {
		n, ok := v.(float64)
		for i := 0; ok && i < len(list); i += 2 {
			ok = compare[list[i].(string)](n, list[i+1].(float64))
		}
		return ok
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

// valuesOf are the values that conditions see: none of a Binary attribute, each of an array.
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
