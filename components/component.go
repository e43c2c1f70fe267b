package components

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// component is the interface of every component.
type component interface {
	pulumi.ComponentResource
	// Outputs returns the component's outputs by name, for a stack to export.
	Outputs() pulumi.Map
}

// arguments are the arguments of a component. resolve validates each of them and sets defaults. It returns what all children have in
// common.
type arguments[A any] interface {
	*A
	resolve(v *validator) shared
}

// register creates a component. It validates the arguments first, and registers nothing if one is not valid. It then registers the
// component with its arguments as inputs, its children, and its outputs. It returns the component or an error, never both. args may be nil.
func register[C component, A any, P arguments[A]](ctx *pulumi.Context, typ, name string, c C, args *A, build func(*builder, *A) error,
	opts ...pulumi.ResourceOption,
) (C, error) {
	var none C
	var given, resolved A
	if args != nil {
		given, resolved = *args, *args
	}
	v := &validator{component: fmt.Sprintf("%s %q", typ, name), name: name, longest: math.MaxInt, functions: map[string]string{}}
	common := P(&resolved).resolve(v)
	v.checkName()
	if err := v.err(); err != nil {
		return none, err
	}
	if err := ctx.RegisterComponentResourceV2(typ, name, inputs(reflect.ValueOf(given)), c, opts...); err != nil {
		return none, err
	}
	b := &builder{ctx: ctx, name: name, pattern: name, parent: pulumi.Parent(c), shared: common}
	if err := b.buildWithKey(func() error { return build(b, &resolved) }); err != nil {
		return none, fmt.Errorf("%s: %w", v.component, err)
	}
	// RegisterResourceOutputs waits until the component is registered, which its inputs may delay. Meanwhile the program registers other
	// resources.
	c.URN().ApplyT(func(pulumi.URN) error { return ctx.RegisterResourceOutputs(c, c.Outputs()) })
	return c, nil
}

// inputs returns the fields of a struct that have a `pulumi` tag, by that name, and those of nested structs. Fields that are not set are
// omitted.
func inputs(args reflect.Value) pulumi.Map {
	m := pulumi.Map{}
	for i := range args.NumField() {
		if name := propertyName(args.Type().Field(i)); name != "" && !args.Field(i).IsZero() {
			m[name] = input(args.Field(i))
		}
	}
	return m
}

func input(v reflect.Value) pulumi.Input {
	if in, ok := v.Interface().(pulumi.Input); ok {
		return in
	}
	switch v.Kind() {
	case reflect.Pointer:
		return input(v.Elem())
	case reflect.Struct:
		return inputs(v)
	case reflect.Slice:
		list := make(pulumi.Array, v.Len())
		for i := range list {
			list[i] = input(v.Index(i))
		}
		return list
	case reflect.Map:
		m := pulumi.Map{}
		for _, key := range v.MapKeys() {
			m[key.String()] = input(v.MapIndex(key))
		}
		return m
	}
	return pulumi.Any(v.Interface())
}

// outputs returns the fields of a component that have a `pulumi` tag, by that name.
func outputs(c component) pulumi.Map {
	m := pulumi.Map{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if name := propertyName(v.Type().Field(i)); name != "" {
			m[name] = v.Field(i).Interface().(pulumi.Input)
		}
	}
	return m
}

func propertyName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("pulumi"), ",")
	return name
}
