package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

// scope is what the placeholders in a request's expressions stand for, and which of them were used.
type scope struct {
	names  map[string]string
	values Map
	used   map[string]bool
}

// newScope checks the placeholders. expressions is whether the request has any expression.
func newScope(names map[string]string, values Map, expressions bool) (*scope, error) {
	for _, given := range []struct {
		parameter, prefix string
		present           bool
		keys              []string
	}{
		{"ExpressionAttributeNames", "#", names != nil, slices.Sorted(maps.Keys(names))},
		{"ExpressionAttributeValues", ":", values != nil, slices.Sorted(maps.Keys(values))},
	} {
		switch {
		case given.present && !expressions:
			return nil, invalid("%s can only be specified when using expressions", given.parameter)
		case given.present && len(given.keys) == 0:
			return nil, invalid("%s must not be empty", given.parameter)
		}
		for _, key := range given.keys {
			if len(key) < 2 || key[:1] != given.prefix || wordEnd(key, 1) != len(key) {
				return nil, invalid("%s contains invalid key: Syntax error; key: %q", given.parameter, key)
			}
		}
	}
	for key, name := range names {
		if name == "" {
			return nil, invalid("ExpressionAttributeNames contains invalid value: attribute name must not be empty; key: %s", key)
		}
	}
	return &scope{names: names, values: values, used: map[string]bool{}}, nil
}

// unused refuses placeholders that no expression of the request has used.
func (s *scope) unused() error {
	if err := s.leftOver("ExpressionAttributeNames", slices.Sorted(maps.Keys(s.names))); err != nil {
		return err
	}
	return s.leftOver("ExpressionAttributeValues", slices.Sorted(maps.Keys(s.values)))
}

func (s *scope) leftOver(parameter string, keys []string) error {
	keys = slices.DeleteFunc(keys, func(key string) bool { return s.used[key] })
	if len(keys) > 0 {
		return invalid("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(keys, ", "))
	}
	return nil
}
