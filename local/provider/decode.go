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

// Failure is one fault of one property.
type Failure struct {
	Property string // path: "scalingConfig.maximumConcurrency"
	Reason   string
}

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

// decoder fills Go structs from property maps and collects every fault. It records the values that are not known yet, in a
// preview, and leaves their fields unset.
type decoder struct {
	failures []Failure
	unknown  map[string]bool
}

func keys[T any](match func(field) bool) map[resource.PropertyKey]bool {
	all := map[resource.PropertyKey]bool{}
	for _, f := range fields(reflect.TypeFor[T]()) {
		if match(f) {
			all[resource.PropertyKey(f.name)] = true
		}
	}
	return all
}

func decode[In any](props resource.PropertyMap) (*In, *decoder) {
	in := new(In)
	d := &decoder{unknown: map[string]bool{}}
	d.object("", props, reflect.ValueOf(in).Elem())
	return in, d
}

func (d *decoder) fail(path, format string, args ...any) {
	d.failures = append(d.failures, Failure{Property: path, Reason: fmt.Sprintf(format, args...)})
}

func (d *decoder) object(path string, props resource.PropertyMap, target reflect.Value) {
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
				d.fail(at, "is required")
			}
			continue
		}
		d.value(at, v, target.FieldByIndex(f.index))
	}
	for key := range props {
		if !known[key] && !strings.HasPrefix(string(key), "__") {
			d.fail(join(path, string(key)), "is not supported by the embedded cloud")
		}
	}
}

func (d *decoder) value(path string, v resource.PropertyValue, target reflect.Value) {
	if v.IsComputed() {
		d.unknown[path] = true
		return
	}
	_, isArchive := target.Interface().(Archive)
	_, isAsset := target.Interface().(Asset)
	if target.Kind() == reflect.Pointer && !isArchive && !isAsset {
		elem := reflect.New(target.Type().Elem())
		d.value(path, v, elem.Elem())
		if !d.unknown[path] {
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
			d.value(fmt.Sprintf("%s[%d]", path, i), e, list.Index(i))
		}
		target.Set(list)
	case kind == reflect.Map && v.IsObject():
		m := reflect.MakeMap(target.Type())
		for k, e := range v.ObjectValue() {
			elem := reflect.New(target.Type().Elem()).Elem()
			at := fmt.Sprintf("%s[%q]", path, string(k))
			if d.value(at, e, elem); !d.unknown[at] {
				m.SetMapIndex(reflect.ValueOf(string(k)), elem)
			}
		}
		target.Set(m)
	case kind == reflect.Struct && v.IsObject():
		d.object(path, v.ObjectValue(), target)
	case isArchive && v.IsArchive():
		target.Set(reflect.ValueOf(v.ArchiveValue()))
	case isAsset && v.IsAsset():
		target.Set(reflect.ValueOf(v.AssetValue()))
	case isAsset:
		d.fail(path, "must be an asset, got %s", v.TypeString())
	default:
		d.fail(path, "must be %s, got %s", wanted[kind], v.TypeString())
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
		if value, ok := encodeValue(v.FieldByIndex(f.index)); ok {
			props[resource.PropertyKey(f.name)] = value
		}
	}
	return props
}

func encodeValue(v reflect.Value) (resource.PropertyValue, bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return resource.PropertyValue{}, false
		}
	}
	switch v.Interface().(type) {
	case Archive, Asset:
		return resource.NewPropertyValue(v.Interface()), true
	}
	switch v.Kind() {
	case reflect.Pointer:
		return encodeValue(v.Elem())
	case reflect.Slice:
		list := make([]resource.PropertyValue, v.Len())
		for i := range list {
			list[i], _ = encodeValue(v.Index(i))
		}
		return resource.NewArrayProperty(list), true
	case reflect.Map:
		m := resource.PropertyMap{}
		for _, k := range v.MapKeys() {
			m[resource.PropertyKey(k.String())], _ = encodeValue(v.MapIndex(k))
		}
		return resource.NewObjectProperty(m), true
	case reflect.Struct:
		return resource.NewObjectProperty(encode(v)), true
	}
	return resource.NewPropertyValue(v.Interface()), true
}
