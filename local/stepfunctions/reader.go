package stepfunctions

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// reader reads a definition and gathers what is wrong with it, in the words of AWS where they are known.
type reader struct {
	problems []string
}

const (
	schema     = "SCHEMA_VALIDATION_FAILED"
	transition = "MISSING_TRANSITION_TARGET"
)

func (r *reader) problemf(code, at, format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf("%s: %s at %s", code, fmt.Sprintf(format, args...), at))
}

func (r *reader) failf(at, format string, args ...any) { r.problemf(schema, at, format, args...) }

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return wire.Errorf(http.StatusBadRequest, "InvalidDefinition", "Invalid State Machine Definition: '%s'", strings.Join(r.problems, ", "))
}

// node is an object of the definition. What is taken from it is known; the rest is refused by close.
type node struct {
	*reader
	at     string
	fields map[string]any
	known  map[string]bool
}

func (r *reader) node(at string, v any) *node {
	fields, ok := v.(map[string]any)
	if !ok {
		r.failf(at, "Value must be an object")
	}
	return &node{reader: r, at: at, fields: fields, known: map[string]bool{}}
}

func (n *node) where(name string) string { return strings.TrimSuffix(n.at, "/") + "/" + name }

func (n *node) has(name string) bool {
	_, ok := n.fields[name]
	return ok
}

func (n *node) take(name string) (any, bool) {
	n.known[name] = true
	v, ok := n.fields[name]
	return v, ok
}

func (n *node) require(names ...string) {
	var missing []string
	for _, name := range names {
		if !n.has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		n.failf(n.at, "These fields are required: [%s]", strings.Join(missing, ", "))
	}
}

// atMostOne refuses more than one of several fields.
func (n *node) atMostOne(names ...string) {
	if given := slices.DeleteFunc(names, func(name string) bool { return !n.has(name) }); len(given) > 1 {
		n.failf(n.at, "Only one of the fields can be set: [%s]", strings.Join(given, ", "))
	}
}

func (n *node) text(name string) string {
	v, ok := n.take(name)
	s, isText := v.(string)
	if ok && !isText {
		n.failf(n.where(name), "Expected value of type [String]")
	}
	return s
}

func (n *node) flag(name string) bool {
	v, ok := n.take(name)
	b, isFlag := v.(bool)
	if ok && !isFlag {
		n.failf(n.where(name), "Expected value of type [Boolean]")
	}
	return b
}

// number takes a number from low to high, or returns otherwise.
func (n *node) number(name string, low, high, otherwise float64) float64 {
	v, ok := n.take(name)
	if !ok {
		return otherwise
	}
	number, isNumber := v.(json.Number)
	f, err := number.Float64()
	if !isNumber || err != nil || f < low || f > high {
		n.failf(n.where(name), "Value must be a number from %v to %v", low, high)
	}
	return f
}

// integer is number for fields that take no fraction.
func (n *node) integer(name string, low, high, otherwise float64) int {
	f := n.number(name, low, high, otherwise)
	if f != float64(int(f)) {
		n.failf(n.where(name), "Expected value of type [Integer]")
	}
	return int(f)
}

func (n *node) list(name string) []any {
	v, ok := n.take(name)
	list, isList := v.([]any)
	if ok && (!isList || len(list) == 0) {
		n.failf(n.where(name), "Value must be an array that is not empty")
	}
	return list
}

// reference takes a Reference Path; nil if there is none.
func (n *node) reference(name string) *path {
	return taken(n, name, parseReference)
}

// path takes a Path; nil if there is none.
func (n *node) path(name string) *path { return taken(n, name, parsePath) }

// expression takes a path or an intrinsic function; nil if there is none.
func (n *node) expression(name string) expression { return taken(n, name, parseExpression) }

func taken[T any](n *node, name string, parse func(string) (T, error)) T {
	var none T
	if !n.has(name) {
		return none
	}
	v, err := parse(n.text(name))
	if err != nil {
		n.failf(n.where(name), "Value is %v", err)
		return none
	}
	return v
}

// template takes a payload template; nil if there is none.
func (n *node) template(name string) template {
	v, ok := n.take(name)
	if !ok {
		return nil
	}
	return n.parseTemplate(n.where(name), v)
}

// refuse refuses by name what AWS has and the embedded cloud does not.
func (n *node) refuse(names ...string) {
	for _, name := range names {
		if _, ok := n.take(name); ok {
			n.failf(n.where(name), "The embedded cloud does not implement the field '%s'", name)
		}
	}
}

func (n *node) close() {
	for _, name := range sortedKeys(n.fields) {
		if !n.known[name] {
			n.failf(n.where(name), "The field '%s' is not supported by Step Functions", name)
		}
	}
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
