package dynamodb

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// placeholders are parameters of a request that has expressions.
type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues Map
}

// expressions are those of a request, nil where it has none.
type expressions struct{ condition, filter, key, update, projection *string }

type parsedExpressions struct {
	condition, filter, key *node
	update                 update
	keep                   projection
}

// parse reads the expressions of a request. They must use all placeholders.
func (p placeholders) parse(e expressions) (out parsedExpressions, err error) {
	sc, err := newScope(p.ExpressionAttributeNames, p.ExpressionAttributeValues, e != expressions{})
	if err != nil {
		return out, err
	}
	condition := func(what string) func(string) (*node, error) {
		return func(source string) (*node, error) { return parseCondition(what, source, sc) }
	}
	err = cmp.Or(
		parseGiven(e.key, &out.key, condition("KeyConditionExpression")),
		parseGiven(e.condition, &out.condition, condition("ConditionExpression")),
		parseGiven(e.filter, &out.filter, condition("FilterExpression")),
		parseGiven(e.update, &out.update, func(source string) (update, error) { return parseUpdate(source, sc) }),
		parseGiven(e.projection, &out.keep, func(source string) (projection, error) { return parseProjection(source, sc) }),
		sc.unused(),
	)
	return out, err
}

func parseGiven[T any](source *string, to *T, parse func(string) (T, error)) (err error) {
	if source != nil {
		*to, err = parse(*source)
	}
	return err
}

// scope is what the placeholders in a request's expressions stand for, and which of them were used.
type scope struct {
	names  map[string]string
	values Map
	used   map[string]bool
}

// newScope checks the placeholders. expressions is whether the request has any expression.
func newScope(names map[string]string, values Map, expressions bool) (*scope, error) {
	if err := checkPlaceholders("ExpressionAttributeNames", "#", names, expressions); err != nil {
		return nil, err
	}
	if err := checkPlaceholders("ExpressionAttributeValues", ":", values, expressions); err != nil {
		return nil, err
	}
	for key, name := range names {
		if name == "" {
			return nil, invalid("ExpressionAttributeNames contains invalid value: attribute name must not be empty; key: %s", key)
		}
	}
	return &scope{names: names, values: values, used: make(map[string]bool, len(names)+len(values))}, nil
}

var placeholder = regexp.MustCompile(`^[#:]\w+$`)

func checkPlaceholders[V any](parameter, prefix string, given map[string]V, expressions bool) error {
	switch {
	case given == nil:
		return nil
	case !expressions:
		return invalid("%s can only be specified when using expressions", parameter)
	case len(given) == 0:
		return invalid("%s must not be empty", parameter)
	}
	for key := range given {
		if !strings.HasPrefix(key, prefix) || !placeholder.MatchString(key) {
			return invalid("%s contains invalid key: Syntax error; key: %q", parameter, key)
		}
	}
	return nil
}

// unused refuses placeholders that no expression of the request has used.
func (s *scope) unused() error {
	if len(s.used) == len(s.names)+len(s.values) {
		return nil
	}
	names, values := slices.Sorted(maps.Keys(s.names)), slices.Sorted(maps.Keys(s.values))
	for i, keys := range [][]string{names, values} {
		keys = slices.DeleteFunc(keys, func(key string) bool { return s.used[key] })
		if len(keys) > 0 {
			parameter := []string{"ExpressionAttributeNames", "ExpressionAttributeValues"}[i]
			return invalid("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(keys, ", "))
		}
	}
	return nil
}
