package stepfunctions

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

type problems struct{ list []string }

// Codes of problems, as AWS reports them.
const (
	invalidSchema = "SCHEMA_VALIDATION_FAILED"
	missingTarget = "MISSING_TRANSITION_TARGET"
)

func (p *problems) addf(code, at, format string, args ...any) {
	p.list = append(p.list, fmt.Sprintf("%s: %s at %s", code, fmt.Sprintf(format, args...), at))
}

func (p *problems) failf(at, format string, args ...any) { p.addf(invalidSchema, at, format, args...) }

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return refuse("InvalidDefinition", "Invalid State Machine Definition: '%s'", strings.Join(p.list, ", "))
}

// node reads the fields of an object of the definition. close refuses the fields that were not read.
type node struct {
	*problems
	at     string
	fields map[string]any
	read   map[string]bool
	last   bool // in a list of objects
}

func (p *problems) node(at string, v any) *node {
	fields, ok := v.(map[string]any)
	if !ok {
		p.failf(at, "Value must be an object")
	}
	return &node{problems: p, at: at, fields: fields, read: map[string]bool{}}
}

func (n *node) where(name string) string { return strings.TrimSuffix(n.at, "/") + "/" + name }

func (n *node) item(name string, i int) string { return fmt.Sprintf("%s[%d]", n.where(name), i) }

func (n *node) has(name string) bool {
	_, ok := n.fields[name]
	return ok
}

func (n *node) take(name string) (any, bool) {
	n.read[name] = true
	v, ok := n.fields[name]
	return v, ok
}

func (n *node) require(names ...string) {
	if missing := slices.DeleteFunc(names, n.has); len(missing) > 0 {
		n.failf(n.at, "These fields are required: [%s]", strings.Join(missing, ", "))
	}
}

// field reads a field of type T. It returns the zero value if the field is absent or has another type.
func field[T any](n *node, name, typeName string) T {
	v, ok := n.take(name)
	t, hasType := v.(T)
	if ok && !hasType {
		n.failf(n.where(name), "Expected value of type [%s]", typeName)
	}
	return t
}

func (n *node) text(name string) string { return field[string](n, name, "String") }

func (n *node) flag(name string) bool { return field[bool](n, name, "Boolean") }

// number reads a number from low to high. It returns absent if there is none.
func (n *node) number(name string, low, high, absent float64) float64 {
	v, ok := n.take(name)
	if !ok {
		return absent
	}
	number, isNumber := v.(json.Number)
	f, err := number.Float64()
	if !isNumber || err != nil || f < low || f > high {
		n.failf(n.where(name), "Value must be a number from %v to %v", low, high)
	}
	return f
}

// integer is number for fields that take no fraction.
func (n *node) integer(name string, low, high, absent float64) int {
	f := n.number(name, low, high, absent)
	if f != float64(int(f)) {
		n.failf(n.where(name), "Expected value of type [Integer]")
	}
	return int(f)
}

// values reads a list, which must not be empty.
func (n *node) values(name string) []any {
	v, ok := n.take(name)
	list, isList := v.([]any)
	if ok && (!isList || len(list) == 0) {
		n.failf(n.where(name), "Value must be an array that is not empty")
	}
	return list
}

// objects reads a list of objects, and closes each after the loop's body has read it.
func (n *node) objects(name string) iter.Seq[*node] {
	return func(yield func(*node) bool) {
		list := n.values(name)
		for i, v := range list {
			o := n.node(n.item(name, i), v)
			o.last = i == len(list)-1
			if !yield(o) {
				return
			}
			o.close()
		}
	}
}

func (n *node) path(name string) *path { return parsed(n, name, parsePath) }

// expression reads a JSONPath or an intrinsic function. It returns nil if there is none.
func (n *node) expression(name string) expression { return parsed(n, name, parseExpression) }

func parsed[T any](n *node, name string, parse func(string) (T, error)) T {
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

func (n *node) template(name string) template {
	v, ok := n.take(name)
	if !ok {
		return nil
	}
	return n.parseTemplate(n.where(name), v)
}

func (n *node) close() {
	for _, name := range sortedKeys(n.fields) {
		if !n.read[name] {
			n.failf(n.where(name), "The embedded cloud does not implement the field '%s'", name)
		}
	}
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
