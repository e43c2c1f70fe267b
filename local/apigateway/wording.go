package apigateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// explanation says what is wrong with a value, in the words and the order of the validator that API Gateway uses
// (https://github.com/java-json-tools/json-schema-validator): at each value all keywords by name, and only if nothing
// is wrong so far, what the value contains. Which field it is of is not said.
type explanation []string

func explain(s *jsonschema.Schema, value any) string {
	var e explanation
	e.add(s, value)
	return "[" + strings.Join(e, ", ") + "]"
}

func (e *explanation) sayf(wrong bool, format string, args ...any) {
	if wrong {
		*e = append(*e, fmt.Sprintf(format, args...))
	}
}

func (e *explanation) add(s *jsonschema.Schema, value any) {
	for s.Ref != nil {
		s = s.Ref
	}
	object, _ := value.(map[string]any)
	array, _ := value.([]any)
	text, isText := value.(string)
	number := rational(value)
	length := utf8.RuneCountInString(text)

	if more, ok := s.AdditionalProperties.(bool); ok && !more {
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(object)), func(name string) bool { return s.Properties[name] != nil })
		e.sayf(len(names) > 0, "object instance has properties which are not allowed by the schema: %s", compact(names))
	}
	if n := len(s.AllOf); n > 0 {
		e.sayf(matches(s.AllOf, value) < n, "instance failed to match all required schemas (matched only %d out of %d)", matches(s.AllOf, value), n)
	}
	if n := len(s.AnyOf); n > 0 {
		e.sayf(matches(s.AnyOf, value) == 0, "instance failed to match at least one required schema among %d", n)
	}
	if s.Enum != nil {
		found := slices.ContainsFunc(s.Enum.Values, func(v any) bool { return compact(v) == compact(value) })
		e.sayf(!found, "instance value (%s) not found in enum (possible values: %s)", compact(value), compact(s.Enum.Values))
	}
	if max := s.MaxItems; max != nil {
		e.sayf(len(array) > *max, "array is too long: must have at most %d elements but instance has %d elements", *max, len(array))
	}
	if max := s.MaxLength; max != nil {
		e.sayf(length > *max, "string \"%s\" is too long (length: %d, maximum allowed: %d)", text, length, *max)
	}
	if max := s.Maximum; max != nil && number != nil {
		e.sayf(number.Cmp(max) > 0, "numeric instance is greater than the required maximum (maximum: %s, found: %v)", decimal(max), value)
	}
	if min := s.MinItems; min != nil && array != nil {
		e.sayf(len(array) < *min, "array is too short: must have at least %d elements but instance has %d elements", *min, len(array))
	}
	if min := s.MinLength; min != nil && isText {
		e.sayf(length < *min, "string \"%s\" is too short (length: %d, required minimum: %d)", text, length, *min)
	}
	if min := s.Minimum; min != nil && number != nil {
		e.sayf(number.Cmp(min) < 0, "numeric instance is lower than the required minimum (minimum: %s, found: %v)", decimal(min), value)
	}
	if of := s.MultipleOf; of != nil && number != nil {
		e.sayf(!new(big.Rat).Quo(number, of).IsInt(), "remainder of division is not zero (%v / %s)", value, decimal(of))
	}
	if n := len(s.OneOf); n > 0 {
		e.sayf(matches(s.OneOf, value) != 1, "instance failed to match exactly one schema (matched %d out of %d)", matches(s.OneOf, value), n)
	}
	if s.Pattern != nil && isText {
		e.sayf(!s.Pattern.MatchString(text), "ECMA 262 regex \"%s\" does not match input string \"%s\"", s.Pattern, text)
	}
	if object != nil {
		lacking := missing(object, s.Required)
		e.sayf(len(lacking) > 0, "object has missing required properties (%s)", compact(lacking))
	}
	if s.Types != nil && !s.Types.IsEmpty() {
		only := &jsonschema.Schema{DraftVersion: 4, Types: s.Types}
		e.sayf(only.Validate(value) != nil, "instance type (%s) does not match any allowed primitive type (allowed: %s)", typeOf(value), compact(allowed(s.Types)))
	}
	if s.UniqueItems {
		only := &jsonschema.Schema{DraftVersion: 4, UniqueItems: true}
		e.sayf(only.Validate(value) != nil, "array must not contain duplicate elements")
	}
	if len(*e) > 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if child := member(s, name); child != nil {
			e.add(child, object[name])
		}
	}
	if items, ok := s.Items.(*jsonschema.Schema); ok {
		for _, item := range array {
			e.add(items, item)
		}
	}
}

// member is the schema that a member of an object must meet; nil for any.
func member(s *jsonschema.Schema, name string) *jsonschema.Schema {
	if child := s.Properties[name]; child != nil {
		return child
	}
	other, _ := s.AdditionalProperties.(*jsonschema.Schema)
	return other
}

func matches(schemas []*jsonschema.Schema, value any) int {
	n := 0
	for _, s := range schemas {
		if s.Validate(value) == nil {
			n++
		}
	}
	return n
}

func missing(object map[string]any, names []string) []string {
	has := func(name string) bool { _, ok := object[name]; return ok }
	return slices.DeleteFunc(slices.Sorted(slices.Values(names)), has)
}

// rational is the value of a JSON number; nil for anything else.
func rational(v any) *big.Rat {
	n, ok := v.(json.Number)
	if !ok {
		return nil
	}
	r, _ := new(big.Rat).SetString(string(n))
	return r
}

// decimal is a number of a schema as it was written, but for trailing zeros.
func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			return "number"
		}
		return "integer"
	}
	return "object"
}

// allowed lists types by name. A number may always be an integer.
func allowed(types *jsonschema.Types) []string {
	list := types.ToStrings()
	if slices.Contains(list, "number") && !slices.Contains(list, "integer") {
		list = append(list, "integer")
	}
	return slices.Sorted(slices.Values(list))
}

func compact(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // what came from JSON goes back to it
	return strings.TrimSuffix(b.String(), "\n")
}
