package components

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"
)

// argumentTypes are the arguments of all components.
var argumentTypes = []any{FanOutArgs{}, OrchestratorArgs{}, EventStreamArgs{}, CheckerPipelineArgs{}, OrderApiArgs{}}

// engine records the inputs of the last resource that was registered.
type engine struct{ inputs resource.PropertyMap }

func (e *engine) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	e.inputs = args.Inputs
	return "", nil, nil
}

func (e *engine) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) { return args.Args, nil }

// A component of a provider gets its arguments field by field, by tag, and the state stores them so. An embedded struct would be skipped,
// and an interface that is not an input could not be set from another language.
func TestEveryArgumentIsRecordedByItsTag(t *testing.T) {
	for _, args := range argumentTypes {
		t.Run(reflect.TypeOf(args).Name(), func(t *testing.T) {
			v := reflect.New(reflect.TypeOf(args)).Elem()
			want := fill(t, v, "")
			e := &engine{}
			require.NoError(t, pulumi.RunErr(func(ctx *pulumi.Context) error {
				return ctx.RegisterComponentResourceV2("test:test:Test", "test", inputs(v), &ApiAccount{})
			}, pulumi.WithMocks("project", "stack", e)))
			require.Empty(t, cmp.Diff(want, plain(e.inputs)))
		})
	}
}

// plain converts inputs to plain values, and archives to their paths.
func plain(inputs resource.PropertyMap) map[string]any {
	return inputs.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsArchive() {
			return v.ArchiveValue().Path, true
		}
		return nil, false
	})
}

// fill sets every field of a struct, and of nested structs. It returns the inputs that the struct then stands for.
func fill(t *testing.T, v reflect.Value, at string) map[string]any {
	t.Helper()
	want := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		path := at + "." + f.Name
		if path == ".DependsOn" || path == ".Common.Zips" || !f.IsExported() { // can only be set from Go
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("pulumi"), ",")
		require.Equal(t, strings.ToLower(f.Name[:1])+f.Name[1:], name, path)
		require.Contains(t, []string{"", "optional"}, option, path)
		require.False(t, f.Anonymous, path)
		want[name] = fillField(t, v.Field(i), path)
	}
	return want
}

func fillField(t *testing.T, v reflect.Value, at string) any {
	t.Helper()
	switch v.Type() {
	case reflect.TypeFor[pulumi.IntPtrInput]():
		v.Set(reflect.ValueOf(pulumi.IntPtr(0)))
		return 0.0
	case reflect.TypeFor[pulumi.BoolPtrInput]():
		v.Set(reflect.ValueOf(pulumi.Bool(false)))
		return false
	case reflect.TypeFor[pulumi.StringPtrInput](), reflect.TypeFor[pulumi.StringInput]():
		v.Set(reflect.ValueOf(pulumi.String(at)))
		return at
	case reflect.TypeFor[pulumi.StringArrayInput]():
		v.Set(reflect.ValueOf(pulumi.StringArray{pulumi.String(at)}))
		return []any{at}
	case reflect.TypeFor[pulumi.Archive]():
		code := pulumi.NewFileArchive("testdata")
		v.Set(reflect.ValueOf(code))
		return "testdata"
	case reflect.TypeFor[pulumi.StringMapInput]():
		v.Set(reflect.ValueOf(pulumi.StringMap{"key": pulumi.String(at)}))
		return map[string]any{"key": at}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(at)
		return at
	case reflect.Bool:
		v.SetBool(true)
		return true
	case reflect.Int:
		v.SetInt(7)
		return 7.0
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fillField(t, v.Elem(), at)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return []any{fillField(t, v.Index(0), at)}
	case reflect.Map:
		element := reflect.New(v.Type().Elem()).Elem()
		want := fillField(t, element, at)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("name"), element)
		return map[string]any{"name": want}
	case reflect.Struct:
		return fill(t, v, at)
	}
	t.Fatalf("%s is of a type that another language cannot set: %s", at, v.Type())
	return nil
}

// The outputs of a component are its fields with a tag. Other languages use the tag as the name.
func TestOutputsAreTheFieldsWithATag(t *testing.T) {
	for _, c := range []component{&FanOut{}, &Orchestrator{}, &EventStream{}, &CheckerPipeline{}, &OrderApi{}, &ApiAccount{}, &TraceAccount{}} {
		typ := reflect.TypeOf(c).Elem()
		names := c.Outputs()
		for i := range typ.NumField() {
			f := typ.Field(i)
			if !f.IsExported() || f.Name == "ResourceState" || f.Name == "Api" {
				continue
			}
			name := strings.ToLower(f.Name[:1]) + f.Name[1:]
			require.Equal(t, name, f.Tag.Get("pulumi"), "%s.%s", typ.Name(), f.Name)
			require.Contains(t, names, name)
			delete(names, name)
		}
		require.Empty(t, names, typ.Name())
	}
}
