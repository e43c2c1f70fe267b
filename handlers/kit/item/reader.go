package item

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Reader reads the attributes of an item, and collects errors. An attribute that is missing or has the wrong type is read as a zero value.
type Reader struct {
	item   Item
	faults *[]error // shared with the readers of nested maps
}

// NewReader returns a reader of an item.
func NewReader(it Item) Reader { return Reader{item: it, faults: new([]error)} }

// Fault records that the attribute name is not what must says, such as "a string".
func (r Reader) Fault(name, must string) {
	*r.faults = append(*r.faults, fmt.Errorf("attribute %s is not %s", name, must))
}

// Err returns all recorded errors, also those of nested maps. It returns nil if there are none.
func (r Reader) Err() error { return errors.Join(*r.faults...) }

// String reads an attribute of type S.
func (r Reader) String(name string) string {
	s, ok := r.item[name].(*types.AttributeValueMemberS)
	if !ok {
		r.Fault(name, "a string")
		return ""
	}
	return s.Value
}

// Bool reads an attribute of type BOOL.
func (r Reader) Bool(name string) bool {
	b, ok := r.item[name].(*types.AttributeValueMemberBOOL)
	if !ok {
		r.Fault(name, "true or false")
		return false
	}
	return b.Value
}

// Int reads an attribute of type N that is an integer.
func (r Reader) Int(name string) int64 {
	return Number(r, name, "a whole number", func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
}

// Number reads an attribute of type N with parse. If parse fails, must says in the error what the number must be, such as "an amount".
func Number[T any](r Reader, name, must string, parse func(string) (T, error)) (number T) {
	n, ok := r.item[name].(*types.AttributeValueMemberN)
	if !ok {
		r.Fault(name, "a number")
		return number
	}
	number, err := parse(n.Value)
	if err != nil {
		r.Fault(name, must)
	}
	return number
}

// Strings reads an attribute of type L whose elements are of type S. It never returns nil.
func (r Reader) Strings(name string) []string {
	all := []string{}
	for _, v := range r.list(name, "a list of strings") {
		s, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			r.Fault(name, "a list of strings")
			return []string{}
		}
		all = append(all, s.Value)
	}
	return all
}

// Map reads an attribute of type M. ok is false if the attribute is missing or has another type.
func (r Reader) Map(name string) (inner Reader, ok bool) {
	m, ok := r.item[name].(*types.AttributeValueMemberM)
	if !ok {
		r.Fault(name, "a map")
		return Reader{}, false
	}
	return Reader{item: m.Value, faults: r.faults}, true
}

// Maps reads an attribute of type L whose elements are of type M.
func (r Reader) Maps(name string) (inner []Reader) {
	for _, v := range r.list(name, "a list of maps") {
		m, ok := v.(*types.AttributeValueMemberM)
		if !ok {
			r.Fault(name, "a list of maps")
			return nil
		}
		inner = append(inner, Reader{item: m.Value, faults: r.faults})
	}
	return inner
}

func (r Reader) list(name, must string) []Value {
	l, ok := r.item[name].(*types.AttributeValueMemberL)
	if !ok {
		r.Fault(name, must)
		return nil
	}
	return l.Value
}
