package provider

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Kind is one Pulumi resource type that the embedded cloud realises. Object is the only implementation.
type Kind interface {
	token() string
	autoName() *AutoName
	properties() map[resource.PropertyKey]field
	check(resource.PropertyMap) []*pulumirpc.CheckFailure
	create(ctx context.Context, inputs resource.PropertyMap) (string, resource.PropertyMap, error)
	read(id string) resource.PropertyMap
	update(ctx context.Context, id string, inputs resource.PropertyMap) (resource.PropertyMap, error)
	delete(ctx context.Context, id string) error
}

// Object realises a Pulumi resource type whose objects a service finds by id. In declares its inputs and outputs, by the tags
// of type field. Optional scalars are pointers, so that absent and zero differ. The output tagsAll of a type with tags is
// added here.
//
// T is what the service keeps. It may also be a small struct that Find makes, for example of an object and the one that
// it belongs to.
type Object[In, T any] struct {
	// Type is the token: "aws:sqs/queue:Queue".
	Type string
	// AutoName makes a physical name when the program sets none. Nil if the type has no name.
	AutoName *AutoName
	// Check reports what AWS would refuse, beyond presence and type of properties, which the tags declare. In a preview
	// some inputs may not be known yet: they are unset, and c.Unknown returns true.
	Check func(c *Checker, in *In)
	// Lock is held while any of the functions below runs. Nil if they lock what they need themselves.
	Lock sync.Locker
	// Find returns the object with this id. Its only error is that there is none, in the words of the service: then a
	// read returns nothing, an update returns the error, and a deletion succeeds.
	Find func(id string) (*T, error)
	// State returns the object's state, or nil for a setting that the object does not have. It is encoded before Lock is
	// released.
	State func(object *T) *In
	// Create makes the object and returns its id. Its error is what AWS would answer.
	Create func(ctx context.Context, in *In) (id string, err error)
	// Update changes the object in place. Without it, every change replaces the object.
	Update func(ctx context.Context, object *T, in *In) error
	// Delete removes the object.
	Delete func(ctx context.Context, object *T) error
}

func (o *Object[In, T]) token() string       { return o.Type }
func (o *Object[In, T]) autoName() *AutoName { return o.AutoName }

func (o *Object[In, T]) properties() map[resource.PropertyKey]field {
	all := map[resource.PropertyKey]field{}
	for _, f := range fields(reflect.TypeFor[In]()) {
		f.replace = f.replace || o.Update == nil
		all[resource.PropertyKey(f.name)] = f
	}
	return all
}

func (o *Object[In, T]) check(props resource.PropertyMap) []*pulumirpc.CheckFailure {
	in, c := decode[In](props)
	if len(c.failures) == 0 && o.Check != nil {
		o.Check(c, in)
	}
	return c.failures
}

// withAllTags adds tagsAll: there are no default tags of the provider here.
func withAllTags(state resource.PropertyMap) resource.PropertyMap {
	if tags, ok := state["tags"]; ok {
		state["tagsAll"] = tags
	}
	return state
}

func (o *Object[In, T]) create(ctx context.Context, props resource.PropertyMap) (string, resource.PropertyMap, error) {
	in, err := o.inputs(props)
	if err != nil {
		return "", nil, err
	}
	defer o.lock()()
	id, err := o.Create(ctx, in)
	if err != nil {
		return "", nil, err
	}
	state, err := o.state(id)
	return id, state, err
}

func (o *Object[In, T]) read(id string) resource.PropertyMap {
	defer o.lock()()
	state, _ := o.state(id) // the error means that there is no object
	return state
}

func (o *Object[In, T]) update(ctx context.Context, id string, props resource.PropertyMap) (resource.PropertyMap, error) {
	in, err := o.inputs(props)
	if err != nil {
		return nil, err
	}
	defer o.lock()()
	object, err := o.Find(id)
	if err != nil {
		return nil, err
	}
	if err := o.Update(ctx, object, in); err != nil {
		return nil, err
	}
	return o.encode(object), nil
}

func (o *Object[In, T]) delete(ctx context.Context, id string) error {
	defer o.lock()()
	object, err := o.Find(id)
	if err != nil {
		return nil
	}
	return o.Delete(ctx, object)
}

// state returns the state of the object with an id. The caller holds the lock.
func (o *Object[In, T]) state(id string) (resource.PropertyMap, error) {
	object, err := o.Find(id)
	if err != nil {
		return nil, err
	}
	return o.encode(object), nil
}

// encode returns the object's state, or nil. The caller holds the lock.
func (o *Object[In, T]) encode(object *T) resource.PropertyMap {
	state := o.State(object)
	if state == nil {
		return nil
	}
	return withAllTags(encode(reflect.ValueOf(state).Elem()))
}

// lock locks, and returns the function that unlocks.
func (o *Object[In, T]) lock() (unlock func()) {
	if o.Lock == nil {
		return func() {}
	}
	o.Lock.Lock()
	return o.Lock.Unlock
}

// inputs decodes what was checked before. A failure or an unknown value here is the engine's mistake.
func (o *Object[In, T]) inputs(props resource.PropertyMap) (*In, error) {
	in, c := decode[In](props)
	for _, f := range c.failures {
		return nil, fmt.Errorf("%s: %s", o.Type, f.GetReason())
	}
	for path := range c.unknown {
		return nil, fmt.Errorf("%s: %s is still unknown", o.Type, path)
	}
	return in, nil
}

// Kept completes an Object whose objects are their inputs, which a service keeps by id. id makes the id of new ones. What the
// Object has already, such as a Create that refuses, stays.
func Kept[In any](kept map[string]*In, id func(*In) string, o Object[In, In]) Kind {
	o.Find = func(id string) (*In, error) {
		if kept[id] == nil {
			return nil, fmt.Errorf("there is no %s with the id %s", o.Type, id)
		}
		return kept[id], nil
	}
	if o.State == nil {
		o.State = func(in *In) *In { return in }
	}
	if o.Create == nil {
		o.Create = func(_ context.Context, in *In) (string, error) {
			kept[id(in)] = in
			return id(in), nil
		}
	}
	if o.Update == nil {
		o.Update = func(_ context.Context, old, in *In) error {
			*old = *in
			return nil
		}
	}
	o.Delete = func(_ context.Context, in *In) error {
		delete(kept, id(in))
		return nil
	}
	return &o
}

// Setting completes an Object that is one setting of another one, T, which owner names and Find finds. set changes it, or removes
// it if the inputs are nil.
func Setting[In, T any](owner func(*In) string, set func(context.Context, *T, *In) error, o Object[In, T]) Kind {
	o.Create = func(ctx context.Context, in *In) (string, error) {
		t, err := o.Find(owner(in))
		if err != nil {
			return "", err
		}
		return owner(in), set(ctx, t, in)
	}
	o.Update = set
	o.Delete = func(ctx context.Context, t *T) error { return set(ctx, t, nil) }
	return &o
}
