package provider

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// inference collects the types that the components use.
type inference struct{ types map[string]typeSpec }

var (
	archiveType = reflect.TypeFor[pulumi.Archive]()
	inputType   = reflect.TypeFor[pulumi.Input]()
	outputType  = reflect.TypeFor[pulumi.Output]()
)

// resource infers the schema of a component.
func (in *inference) resource(c component) (resourceSpec, error) {
	outputs, err := in.object(c.outputs, false)
	if err != nil {
		return resourceSpec{}, err
	}
	args, err := in.object(c.args, true)
	if err != nil {
		return resourceSpec{}, err
	}
	return resourceSpec{object: outputs, InputProperties: args.Properties, RequiredInputs: args.Required, IsComponent: true}, nil
}

// object infers the schema of a struct from its fields with a `pulumi` tag.
func (in *inference) object(t reflect.Type, plain bool) (object, error) {
	o := object{Description: describeType(t), Properties: map[string]property{}}
	for i := range t.NumField() {
		field := t.Field(i)
		name, optional := tag(field)
		if name == "" {
			continue
		}
		ref, err := in.reference(field.Type, plain)
		if err != nil {
			return object{}, fmt.Errorf("%s.%s: %w", t.Name(), field.Name, err)
		}
		o.Properties[name] = property{ref, describeField(t, field)}
		if !optional {
			o.Required = append(o.Required, name)
		}
	}
	slices.Sort(o.Required)
	return o, nil
}

// reference infers the type of a value. plain says whether a plain Go type is plain in the schema too, as it is for inputs.
func (in *inference) reference(t reflect.Type, plain bool) (reference, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == archiveType {
		return reference{Ref: "pulumi.json#/Archive", Plain: plain}, nil
	}
	if element, ok := eventual(t); ok {
		return in.reference(element, false)
	}
	switch t.Kind() {
	case reflect.Bool:
		return reference{Type: "boolean", Plain: plain}, nil
	case reflect.Int:
		return reference{Type: "integer", Plain: plain}, nil
	case reflect.Float64:
		return reference{Type: "number", Plain: plain}, nil
	case reflect.String:
		if t.PkgPath() == "" {
			return reference{Type: "string", Plain: plain}, nil
		}
		return in.named(t, plain)
	case reflect.Struct:
		return in.named(t, plain)
	case reflect.Slice:
		items, err := in.reference(t.Elem(), plain)
		return reference{Type: "array", Items: &items, Plain: plain}, err
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			values, err := in.reference(t.Elem(), plain)
			return reference{Type: "object", AdditionalProperties: &values, Plain: plain}, err
		}
	}
	return reference{}, fmt.Errorf("a %s has no type in a schema", t)
}

// named registers a struct or an enumeration, once.
func (in *inference) named(t reflect.Type, plain bool) (reference, error) {
	ref := reference{Ref: "#/types/" + token(t), Plain: plain}
	if _, known := in.types[token(t)]; known {
		return ref, nil
	}
	if t.Kind() == reflect.String {
		values := enums[t.Name()]
		if len(values) == 0 {
			return ref, fmt.Errorf("the type %s has no constants: run go generate", t.Name())
		}
		in.types[token(t)] = typeSpec{object: object{Description: describeType(t), Type: "string"}, Enum: describeValues(t, values)}
		return ref, nil
	}
	in.types[token(t)] = typeSpec{} // a type may refer to itself
	o, err := in.object(t, plain)
	o.Type = "object"
	in.types[token(t)] = typeSpec{object: o}
	return ref, err
}

// eventual returns the type to which an input or an output of the SDK resolves.
func eventual(t reflect.Type) (reflect.Type, bool) {
	if t.Implements(outputType) {
		return reflect.Zero(t).Interface().(pulumi.Output).ElementType(), true
	}
	if !t.Implements(inputType) {
		return nil, false
	}
	// StringPtrInput has a method ToStringPtrOutput, whose result has the type to which it resolves. pulumi.Input has no such method.
	method, ok := t.MethodByName("To" + strings.TrimSuffix(t.Name(), "Input") + "Output")
	if !ok || !method.Type.Out(0).Implements(outputType) {
		return nil, false
	}
	return eventual(method.Type.Out(0))
}

// tag returns the name of a field's property. It is empty if the field has no tag.
func tag(field reflect.StructField) (name string, optional bool) {
	name, options, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
	return name, options == "optional"
}
