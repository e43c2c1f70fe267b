package provider

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Kind is one Pulumi resource type that the embedded cloud realises: a Resource or an Object.
type Kind interface{ kind() kind }

// kind is what the server needs of a resource type.
type kind interface {
	token() string
	autoName() *AutoName
	replaceKeys() map[resource.PropertyKey]bool
	check(resource.PropertyMap) []Failure
	preview(inputs resource.PropertyMap) resource.PropertyMap
	create(ctx context.Context, inputs resource.PropertyMap) (string, resource.PropertyMap, error)
	read(ctx context.Context, id string) (resource.PropertyMap, error)
	update(ctx context.Context, id string, inputs resource.PropertyMap) (resource.PropertyMap, error)
	delete(ctx context.Context, id string) error
	inputKeys() map[resource.PropertyKey]bool
}

// Resource realises a Pulumi resource type. In declares its inputs and State its outputs; State embeds In. Both use
// `pulumi:"name,optional,replace"` tags; optional scalars are pointers, so that absent and zero differ.
type Resource[In, State any] struct {
	// Type is the token: "aws:sqs/queue:Queue".
	Type string
	// AutoName makes a physical name when the program sets none; nil if the type has no name.
	AutoName *AutoName
	// Check reports what AWS would refuse, beyond presence and type of properties, which the tags say. In a preview
	// some inputs may not be known yet: they are unset, and c.Unknown returns true.
	Check func(c *Checker, in *In)
	// Create makes the resource. Its error is what AWS would answer.
	Create func(ctx context.Context, in *In) (id string, state *State, err error)
	// Read returns the resource as it is now, or nil if there is none with this id.
	Read func(ctx context.Context, id string) (*State, error)
	// Update changes the resource in place. Without it, every change replaces the resource.
	Update func(ctx context.Context, id string, in *In) (*State, error)
	// Delete removes the resource. Deleting one that does not exist is no error.
	Delete func(ctx context.Context, id string) error
}

// AutoName is how a physical name is made: from the logical name, a hyphen and seven random hexadecimal digits, as the
// AWS provider does.
type AutoName struct {
	Property string // the input, nearly always "name"
	Max      int    // length limit of the whole name
	// Transform adapts the logical name, for example strings.ToLower for buckets. Nil leaves it.
	Transform func(string) string
}

// Checker collects what is wrong with a resource's inputs.
type Checker struct {
	failures []Failure
	unknown  map[string]bool
}

// Failf reports a property that AWS would refuse.
func (c *Checker) Failf(property, format string, args ...any) {
	c.failures = append(c.failures, Failure{Property: property, Reason: fmt.Sprintf(format, args...)})
}

// Unknown returns whether a property's value, or a part of it, is not known until the program is deployed.
func (c *Checker) Unknown(property string) bool {
	for path := range c.unknown {
		if rest, ok := strings.CutPrefix(path, property); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// Range reports an integer that is present and outside lo..hi.
func (c *Checker) Range(property string, v *int, lo, hi int) {
	if v != nil && (*v < lo || *v > hi) {
		c.Failf(property, "must be from %d to %d, got %d", lo, hi, *v)
	}
}

// OneOf reports a string that is present, known and not one of those accepted.
func (c *Checker) OneOf(property string, v *string, accepted ...string) {
	if v != nil && !c.Unknown(property) && !slices.Contains(accepted, *v) {
		c.Failf(property, "must be one of %q, got %q", accepted, *v)
	}
}

// Match reports a string that is present, known and does not match. want is the pattern in words, for example
// "1 to 80 letters and digits".
func (c *Checker) Match(property string, v *string, pattern *regexp.Regexp, want string) {
	if v != nil && !c.Unknown(property) && !pattern.MatchString(*v) {
		c.Failf(property, "must be %s, got %q", want, *v)
	}
}

// Parse reports a text that is present, known and refused by parse, for example a policy document.
func (c *Checker) Parse(property string, v *string, parse func(string) error) {
	if v == nil || c.Unknown(property) {
		return
	}
	if err := parse(*v); err != nil {
		c.Failf(property, "is not accepted: %v", err)
	}
}

func (r *Resource[In, State]) kind() kind          { return r }
func (r *Resource[In, State]) token() string       { return r.Type }
func (r *Resource[In, State]) autoName() *AutoName { return r.AutoName }

func (r *Resource[In, State]) replaceKeys() map[resource.PropertyKey]bool {
	keys := map[resource.PropertyKey]bool{}
	for _, f := range fields(reflect.TypeFor[In]()) {
		if f.replace || r.Update == nil {
			keys[resource.PropertyKey(f.name)] = true
		}
	}
	return keys
}

func (r *Resource[In, State]) inputKeys() map[resource.PropertyKey]bool {
	keys := map[resource.PropertyKey]bool{}
	for _, f := range fields(reflect.TypeFor[In]()) {
		keys[resource.PropertyKey(f.name)] = true
	}
	return keys
}

func (r *Resource[In, State]) decode(props resource.PropertyMap) (*In, *decoder) {
	in := new(In)
	d := &decoder{unknown: map[string]bool{}}
	d.object("", props, reflect.ValueOf(in).Elem())
	return in, d
}

func (r *Resource[In, State]) check(props resource.PropertyMap) []Failure {
	in, d := r.decode(props)
	if len(d.failures) > 0 || r.Check == nil {
		return d.failures
	}
	c := &Checker{unknown: d.unknown}
	r.Check(c, in)
	return c.failures
}

// preview returns the state that creating the resource would give: its inputs, and unknown outputs.
func (r *Resource[In, State]) preview(inputs resource.PropertyMap) resource.PropertyMap {
	state, isInput := inputs.Copy(), r.inputKeys()
	for _, f := range fields(reflect.TypeFor[State]()) {
		key := resource.PropertyKey(f.name)
		if !isInput[key] {
			state[key] = resource.MakeComputed(resource.NewStringProperty(""))
		}
	}
	return state
}

func (r *Resource[In, State]) create(ctx context.Context, props resource.PropertyMap) (string, resource.PropertyMap, error) {
	in, err := r.inputs(props)
	if err != nil {
		return "", nil, err
	}
	id, state, err := r.Create(ctx, in)
	if err != nil {
		return "", nil, err
	}
	return id, encode(reflect.ValueOf(state).Elem()), nil
}

func (r *Resource[In, State]) read(ctx context.Context, id string) (resource.PropertyMap, error) {
	state, err := r.Read(ctx, id)
	if err != nil || state == nil {
		return nil, err
	}
	return encode(reflect.ValueOf(state).Elem()), nil
}

func (r *Resource[In, State]) update(ctx context.Context, id string, props resource.PropertyMap) (resource.PropertyMap, error) {
	in, err := r.inputs(props)
	if err != nil {
		return nil, err
	}
	state, err := r.Update(ctx, id, in)
	if err != nil {
		return nil, err
	}
	return encode(reflect.ValueOf(state).Elem()), nil
}

func (r *Resource[In, State]) delete(ctx context.Context, id string) error { return r.Delete(ctx, id) }

// inputs decodes what was checked before; a failure or an unknown here is the engine's mistake.
func (r *Resource[In, State]) inputs(props resource.PropertyMap) (*In, error) {
	in, d := r.decode(props)
	for _, f := range d.failures {
		return nil, fmt.Errorf("%s: %s %s", r.Type, f.Property, f.Reason)
	}
	for path := range d.unknown {
		return nil, fmt.Errorf("%s: %s is still unknown", r.Type, path)
	}
	return in, nil
}
