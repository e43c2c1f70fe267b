package provider

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// checkInputs compares the inputs of a component with the type of its arguments, and returns all differences. The SDK copies the inputs. It
// ignores a property that does not exist, truncates the fraction of a number, and names a Go type where it refuses a value.
func checkInputs(inputs resource.PropertyMap, args reflect.Type) error {
	c := checker{}
	c.object("", inputs, args)
	return errors.Join(c.faults...)
}

type checker struct{ faults []error }

func (c *checker) addf(path, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s "+format, append([]any{path}, args...)...))
}

// value checks one value. plain says that it must be known already.
func (c *checker) value(path string, v resource.PropertyValue, t reflect.Type, plain bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if element, ok := eventual(t); ok && t != archiveType {
		c.value(path, v, element, false)
		return
	}
	switch {
	case v.IsNull():
		return
	case plain && (v.IsSecret() || v.IsComputed() || v.IsOutput() && !isPlain(v.OutputValue())):
		c.addf(path, "decides which resources exist: it cannot be a secret, or come from another resource")
		return
	case v.IsSecret():
		c.value(path, v.SecretValue().Element, t, plain)
		return
	case v.IsComputed() || v.IsOutput() && !v.OutputValue().Known:
		return
	case v.IsOutput():
		c.value(path, v.OutputValue().Element, t, plain)
		return
	}
	switch {
	case t == archiveType:
		c.expect(path, v, v.IsArchive(), "an archive")
	case t.Kind() == reflect.Bool:
		c.expect(path, v, v.IsBool(), "true or false")
	case t.Kind() == reflect.Int:
		c.expect(path, v, v.IsNumber() && v.NumberValue() == math.Trunc(v.NumberValue()), "a whole number")
	case t.Kind() == reflect.Float64:
		c.expect(path, v, v.IsNumber(), "a number")
	case t.Kind() == reflect.String:
		c.expect(path, v, v.IsString() || v.IsResourceReference(), "a string")
	case t.Kind() == reflect.Slice && c.expect(path, v, v.IsArray(), "a list"):
		for i, element := range v.ArrayValue() {
			c.value(fmt.Sprintf("%s[%d]", path, i), element, t.Elem(), plain)
		}
	case t.Kind() == reflect.Map && c.expect(path, v, v.IsObject(), "a map"):
		for key, element := range v.ObjectValue() {
			c.value(path+"."+string(key), element, t.Elem(), plain)
		}
	case t.Kind() == reflect.Struct && c.expect(path, v, v.IsObject(), "an object"):
		c.object(path+".", v.ObjectValue(), t)
	}
}

func isPlain(o resource.Output) bool { return o.Known && !o.Secret && len(o.Dependencies) == 0 }

// expect reports a value of another type.
func (c *checker) expect(path string, v resource.PropertyValue, ok bool, want string) bool {
	if !ok {
		got := v.TypeString()
		if v.IsNumber() {
			got = fmt.Sprint(v.NumberValue())
		}
		c.addf(path, "must be %s, got %s", want, got)
	}
	return ok
}

// object checks the properties of an object, in the order of their names.
func (c *checker) object(path string, o resource.PropertyMap, t reflect.Type) {
	types := map[string]reflect.Type{}
	var names []string
	for i := range t.NumField() {
		if name, _ := tag(t.Field(i)); name != "" {
			types[name] = t.Field(i).Type
			names = append(names, name)
		}
	}
	for _, key := range o.StableKeys() {
		name := string(key)
		if resource.IsInternalPropertyKey(key) {
			continue
		}
		if typ, ok := types[name]; ok {
			c.value(path+name, o[key], typ, true)
			continue
		}
		slices.Sort(names)
		c.addf(path+name, "does not exist, must be one of %s", strings.Join(names, ", "))
	}
}
