package dynamodb

import (
	"encoding/json"

	"github.com/order-patterns/order-patterns/local/wire"
)

// Value is one DynamoDB attribute value: String, Number, Bool, Null, List or Map. Sets and binary values are not implemented.
// Values are immutable once stored, so readers may keep them without holding a table's lock.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
type Value interface {
	// Type is the data type descriptor: S, N, BOOL, NULL, L or M.
	Type() string
	wire() wireValue
}

type (
	// String is UTF-8 text.
	String string
	// Bool is true or false.
	Bool bool
	// Null is the only value of type NULL.
	Null struct{}
	// List is an ordered collection.
	List []Value
	// Map is a document; an item is a Map too.
	Map map[string]Value
)

func (String) Type() string { return "S" }
func (Number) Type() string { return "N" }
func (Bool) Type() string   { return "BOOL" }
func (Null) Type() string   { return "NULL" }
func (List) Type() string   { return "L" }
func (Map) Type() string    { return "M" }

// maxNesting is how deep lists and maps may be nested.
const maxNesting = 32

// wireValue is DynamoDB JSON: an object with exactly one member, named by the type.
type wireValue struct {
	S    *string              `json:"S,omitempty"`
	N    *string              `json:"N,omitempty"`
	BOOL *bool                `json:"BOOL,omitempty"`
	NULL *bool                `json:"NULL,omitempty"`
	L    []wireValue          `json:"L,omitzero"`
	M    map[string]wireValue `json:"M,omitzero"`
	// These are refused by name.
	B, SS, NS, BS json.RawMessage `json:",omitempty"`
}

func (v String) wire() wireValue { s := string(v); return wireValue{S: &s} }
func (v Number) wire() wireValue { s := string(v); return wireValue{N: &s} }
func (v Bool) wire() wireValue   { b := bool(v); return wireValue{BOOL: &b} }
func (Null) wire() wireValue     { b := true; return wireValue{NULL: &b} }
func (v Map) wire() wireValue    { return wireValue{M: v.wireMap()} }

func (v List) wire() wireValue {
	l := make([]wireValue, len(v))
	for i, e := range v {
		l[i] = e.wire()
	}
	return wireValue{L: l}
}

func (v Map) wireMap() map[string]wireValue {
	m := make(map[string]wireValue, len(v))
	for name, e := range v {
		m[name] = e.wire()
	}
	return m
}

// MarshalJSON writes the map as DynamoDB JSON: {"name": {"S": "value"}}.
func (v Map) MarshalJSON() ([]byte, error) { return json.Marshal(v.wireMap()) }

// UnmarshalJSON reads DynamoDB JSON. Values that DynamoDB would refuse are a ValidationException.
func (v *Map) UnmarshalJSON(data []byte) error {
	var raw map[string]wireValue
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw == nil {
		return nil
	}
	m, err := mapFromWire(raw, 0)
	*v = m
	return err
}

func mapFromWire(raw map[string]wireValue, depth int) (Map, error) {
	m := make(Map, len(raw))
	for name, w := range raw {
		value, err := w.value(depth)
		if err != nil {
			return nil, err
		}
		m[name] = value
	}
	return m, nil
}

// value converts one wire value and checks what DynamoDB checks: exactly one type, well-formed numbers, nesting.
func (w wireValue) value(depth int) (Value, error) {
	given := 0
	for _, present := range []bool{w.S != nil, w.N != nil, w.BOOL != nil, w.NULL != nil, w.L != nil, w.M != nil} {
		if present {
			given++
		}
	}
	switch {
	case w.SS != nil || w.NS != nil || w.BS != nil || w.B != nil:
		return nil, wire.Unsupported("sets (SS, NS, BS) and binary values (B) in DynamoDB")
	case given == 0:
		return nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	case given > 1:
		return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
	case w.S != nil:
		return String(*w.S), nil
	case w.N != nil:
		return ParseNumber(*w.N)
	case w.BOOL != nil:
		return Bool(*w.BOOL), nil
	case w.NULL != nil && !*w.NULL:
		return nil, invalid("One or more parameter values were invalid: Null attribute value types must have the value of true")
	case w.NULL != nil:
		return Null{}, nil
	case depth > maxNesting:
		return nil, invalid("Nesting Levels have exceeded supported limits")
	case w.M != nil:
		return mapFromWire(w.M, depth+1)
	}
	list := make(List, len(w.L))
	for i, e := range w.L {
		v, err := e.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	return list, nil
}
