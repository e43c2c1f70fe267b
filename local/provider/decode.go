package provider

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
)

// Archive is the type of a field that takes a Pulumi archive, such as a function's code.
type Archive = *archive.Archive

// Asset is the type of a field that takes a Pulumi asset, such as an object's content.
type Asset = *asset.Asset

// field is one property of a resource as its Go struct declares it with
//
//	`pulumi:"name,optional,replace,output"`
//
// where optional may be absent, replace means that AWS cannot change it in place, and an output cannot be set by a program.
type field struct {
	name                      string
	optional, replace, output bool
	index                     []int
}

// fields lists the tagged fields of a struct, those of embedded structs included.
func fields(t reflect.Type) []field {
	var list []field
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("pulumi")
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		list = append(list, field{
			name:     name,
			optional: strings.Contains(rest, "optional"),
			replace:  strings.Contains(rest, "replace"),
			output:   strings.Contains(rest, "output"),
			index:    f.Index,
		})
	}
	return list
}

// decode fills a Go struct from a property map and collects every fault. The fields of values that are not known yet stay unset.
func decode[In any](props resource.PropertyMap) (*In, *Checker) {
	in := new(In)
	c := &Checker{unknown: map[string]bool{}}
	c.object("", props, reflect.ValueOf(in).Elem())
	return in, c
}

func (c *Checker) object(path string, props resource.PropertyMap, target reflect.Value) {
	known := map[resource.PropertyKey]bool{}
	for _, f := range fields(target.Type()) {
		if f.output {
			continue
		}
		key := resource.PropertyKey(f.name)
		known[key] = true
		at := join(path, f.name)
		v, ok := props[key]
		if !ok || v.IsNull() {
			if !f.optional {
				c.Failf(at, "is required")
			}
			continue
		}
		c.value(at, v, target.FieldByIndex(f.index))
	}
	for key := range props {
		if !known[key] && !strings.HasPrefix(string(key), "__") {
			c.Failf(join(path, string(key)), "is not supported by the embedded cloud")
		}
	}
}

func (c *Checker) value(path string, v resource.PropertyValue, target reflect.Value) {
	if v.IsComputed() {
		c.unknown[path] = true
		return
	}
	_, isArchive := target.Interface().(Archive)
	_, isAsset := target.Interface().(Asset)
	if target.Kind() == reflect.Pointer && !isArchive && !isAsset {
		elem := reflect.New(target.Type().Elem())
		c.value(path, v, elem.Elem())
		if !c.unknown[path] {
			target.Set(elem)
		}
		return
	}
	switch kind := target.Kind(); {
	case kind == reflect.String && v.IsString():
		target.SetString(v.StringValue())
	case kind == reflect.Bool && v.IsBool():
		target.SetBool(v.BoolValue())
	case kind == reflect.Int && v.IsNumber() && v.NumberValue() == math.Trunc(v.NumberValue()):
		target.SetInt(int64(v.NumberValue()))
	case kind == reflect.Float64 && v.IsNumber():
		target.SetFloat(v.NumberValue())
	case kind == reflect.Slice && v.IsArray():
		list := reflect.MakeSlice(target.Type(), len(v.ArrayValue()), len(v.ArrayValue()))
		for i, e := range v.ArrayValue() {
			c.value(fmt.Sprintf("%s[%d]", path, i), e, list.Index(i))
		}
		target.Set(list)
	case kind == reflect.Map && v.IsObject():
		m := reflect.MakeMap(target.Type())
		for k, e := range v.ObjectValue() {
			elem := reflect.New(target.Type().Elem()).Elem()
			at := fmt.Sprintf("%s[%q]", path, string(k))
			if c.value(at, e, elem); !c.unknown[at] {
				m.SetMapIndex(reflect.ValueOf(string(k)), elem)
			}
		}
		target.Set(m)
	case kind == reflect.Struct && v.IsObject():
		c.object(path, v.ObjectValue(), target)
	case isArchive && v.IsArchive(), isAsset && v.IsAsset():
		target.Set(reflect.ValueOf(v.V))
	case isAsset:
		c.Failf(path, "must be an asset, got %s", v.TypeString())
	default:
		c.Failf(path, "must be %s, got %s", wanted[kind], v.TypeString())
	}
}

// wanted are the kinds of fields in words. The pointers that value does not follow are an Archive and an Asset.
var wanted = map[reflect.Kind]string{
	reflect.String: "a string", reflect.Bool: "a boolean", reflect.Int: "an integer", reflect.Float64: "a number",
	reflect.Slice: "a list", reflect.Map: "an object", reflect.Struct: "an object", reflect.Pointer: "an archive",
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// encode is the reverse of decode: nil pointers, slices and maps become absent properties.
func encode(v reflect.Value) resource.PropertyMap {
	props := resource.PropertyMap{}
	for _, f := range fields(v.Type()) {
		value := v.FieldByIndex(f.index)
		switch value.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			if value.IsNil() {
				continue
			}
		}
		props[resource.PropertyKey(f.name)] = resource.NewPropertyValueRepl(value.Interface(), nil, encodeStruct)
	}
	return props
}

func encodeStruct(v any) (resource.PropertyValue, bool) {
	if s := reflect.ValueOf(v); s.Kind() == reflect.Struct {
		return resource.NewObjectProperty(encode(s)), true
	}
	return resource.PropertyValue{}, false
}
