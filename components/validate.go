package components

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// validator validates the arguments of a component and sets defaults. Errors in values that are known when the component is registered are
// collected, so that all of them are reported before anything is registered. A value that another resource provides is validated when it
// resolves. The resources that use it then fail with the same message.
type validator struct {
	component string // such as `order-patterns:components:FanOut "orders"`
	name      string // the component's name, such as "orders"
	longest   int    // the longest name that the children accept
	// noUnderscore is set if the name of a child must not have underscores.
	noUnderscore bool
	functions    map[string]string // the path of each function by name
	fullLayers   []string          // paths of functions that have as many layers as Lambda accepts
	faults       []error
}

// addf reports an error of the argument at a path.
func (v *validator) addf(path, format string, args ...any) {
	v.faults = append(v.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

// err joins the reported errors under the component's name. It returns nil if there are none.
func (v *validator) err() error {
	if len(v.faults) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", v.component, errors.Join(v.faults...))
}

// late returns the error of a value that resolves after registration. It returns nil if err is nil.
func (v *validator) late(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", v.component, path, err)
}

// unset reports whether an optional input is not set.
func unset(in pulumi.Input) bool {
	v := reflect.ValueOf(in)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// known returns the value of an input that is a plain value, such as pulumi.Int(5) or pulumi.StringPtr("x"), not an output.
func known[T int | string](in pulumi.Input) (value T, ok bool) {
	v := reflect.Indirect(reflect.ValueOf(in))
	if !v.IsValid() || v.Kind() != reflect.TypeFor[T]().Kind() {
		return value, false
	}
	return v.Convert(reflect.TypeFor[T]()).Interface().(T), true
}

// required reports an input that is not set, and an empty list.
func (v *validator) required(path string, in pulumi.Input) {
	list, isList := in.(pulumi.StringArray)
	if unset(in) || isList && len(list) == 0 {
		v.addf(path, "is required")
	}
}

// optional validates a number without a default. It returns nil if the number is not set.
func (v *validator) optional(path string, in pulumi.IntPtrInput, check func(int) error) pulumi.IntPtrInput {
	if unset(in) {
		return nil
	}
	if n, ok := known[int](in); ok {
		if err := check(n); err != nil {
			v.addf(path, "%v", err)
		}
		return pulumi.Int(n)
	}
	return in.ToIntPtrOutput().ApplyT(func(n *int) (*int, error) {
		if n == nil {
			return nil, nil
		}
		return n, v.late(path, check(*n))
	}).(pulumi.IntPtrOutput)
}

// number validates a number. It returns the default if the number is not set or resolves to nil.
func (v *validator) number(path string, in pulumi.IntPtrInput, check func(int) error, standard int) pulumi.IntPtrInput {
	checked := v.optional(path, in, check)
	if checked == nil {
		return pulumi.Int(standard)
	}
	if output, ok := checked.(pulumi.IntPtrOutput); ok {
		return output.ApplyT(func(n *int) int {
			if n == nil {
				return standard
			}
			return *n
		}).(pulumi.IntOutput)
	}
	return checked
}

// text validates a string. It returns the default if the string is not set or resolves to nil.
func (v *validator) text(path string, in pulumi.StringPtrInput, check func(string) error, standard string) pulumi.StringPtrInput {
	if unset(in) {
		return pulumi.String(standard)
	}
	if s, ok := known[string](in); ok {
		if err := check(s); err != nil {
			v.addf(path, "%v", err)
		}
		return pulumi.String(s)
	}
	return in.ToStringPtrOutput().ApplyT(func(s *string) (string, error) {
		if s == nil {
			s = &standard
		}
		return *s, v.late(path, check(*s))
	}).(pulumi.StringOutput)
}

// together validates two numbers that depend on each other. Both were returned by number. It returns the second.
func (v *validator) together(path string, first, second pulumi.IntPtrInput, check func(first, second int) error) pulumi.IntPtrInput {
	a, aKnown := known[int](first)
	b, bKnown := known[int](second)
	if aKnown && bKnown {
		if err := check(a, b); err != nil {
			v.addf(path, "%v", err)
		}
		return second
	}
	return pulumi.All(intOf(first), intOf(second)).ApplyT(func(n []any) (int, error) {
		return n[1].(int), v.late(path, check(n[0].(int), n[1].(int)))
	}).(pulumi.IntOutput)
}

// intOf returns a validated number for use in a computation.
func intOf(in pulumi.IntPtrInput) pulumi.IntOutput { return in.ToIntPtrOutput().Elem() }

// stringOf returns a validated string for use in a computation.
func stringOf(in pulumi.StringPtrInput) pulumi.StringOutput { return in.ToStringPtrOutput().Elem() }

// oneOf returns a check that accepts the listed strings.
func oneOf(accepted ...string) func(string) error {
	return func(s string) error {
		for _, a := range accepted {
			if s == a {
				return nil
			}
		}
		return fmt.Errorf("must be one of %q, got %q", accepted, s)
	}
}
