package provider

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/order-patterns/order-patterns/components"
)

var (
	link = regexp.MustCompile(`\[([A-Z]\w*)\]`)
	// goName matches Step Functions as a whole: the name of the service does not contain the field Functions.
	goName = regexp.MustCompile(`\bStep Functions\b|\b[A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)?\b`)
)

// describeType returns the description of a type.
func describeType(t reflect.Type) string { return describe(t, comments[t.Name()]) }

// describeField returns the description of a property. Without a comment, it is the description of its type.
func describeField(t reflect.Type, field reflect.StructField) string {
	return cmp.Or(describe(t, comments[t.Name()+"."+field.Name]), describeType(field.Type))
}

// describeValues returns the values of an enumeration with their descriptions.
func describeValues(t reflect.Type, values []enumValue) []enumValue {
	described := make([]enumValue, len(values))
	for i, v := range values {
		described[i] = enumValue{Name: v.Name, Value: v.Value, Description: describe(t, v.Description)}
	}
	return described
}

// describe converts a doc comment for a program in another language. Names of fields become names of properties. The name of a constant or
// a limit in brackets becomes its value.
func describe(t reflect.Type, comment string) string {
	comment = goName.ReplaceAllStringFunc(comment, func(name string) string { return propertyName(t, name) })
	return link.ReplaceAllStringFunc(comment, func(match string) string {
		name := strings.Trim(match, "[]")
		value, ok := links[name]
		if !ok {
			return name // the name of a type
		}
		if size, ok := value.(components.Size); ok {
			return fmt.Sprintf("%d MB and %d seconds", size.MemoryMB, size.TimeoutSeconds)
		}
		if reflect.TypeOf(value).Kind() == reflect.String {
			return fmt.Sprintf("`%v`", value)
		}
		return fmt.Sprint(value)
	})
}

// propertyName returns the name of a property for a name in a comment of t: Field, or Type.Field. It returns other names unchanged.
func propertyName(t reflect.Type, name string) string {
	owner, field, two := strings.Cut(name, ".")
	own := properties[t.Name()][owner]
	switch {
	case !two && own != "":
		return "`" + own + "`"
	case two && properties[owner][field] != "":
		return "`" + cmp.Or(own, owner) + "." + properties[owner][field] + "`"
	}
	return name
}
