package provider

import (
	"context"
	"sync"
)

// Object realises a Pulumi resource type whose objects a service finds by id. It is a Resource that needs less: Read
// returns nothing for an object that is gone, Update of one returns the error of Find, and Delete of one is no error.
//
// T is what the service keeps. It may also be a small struct that Find makes, for example of an object and the one that
// it belongs to.
type Object[In, State, T any] struct {
	// Type, AutoName and Check are those of Resource.
	Type     string
	AutoName *AutoName
	Check    func(c *Checker, in *In)
	// Lock is held while any of the functions below runs. Nil if they lock what they need themselves.
	Lock sync.Locker
	// Find returns the object with this id. Its only error is that there is none, in the words of the service.
	Find func(id string) (*T, error)
	// State returns the object's state, or nil for a setting that the object does not have. It is encoded after Lock is
	// released, so what it points to must not change.
	State func(object *T) *State
	// Create makes the object and returns its id.
	Create func(ctx context.Context, in *In) (id string, err error)
	// Update changes the object in place. Without it, every change replaces the object.
	Update func(ctx context.Context, object *T, in *In) error
	// Delete removes the object.
	Delete func(ctx context.Context, object *T) error
}

func (o *Object[In, State, T]) kind() kind {
	r := &Resource[In, State]{
		Type: o.Type, AutoName: o.AutoName, Check: o.Check,
		Create: func(ctx context.Context, in *In) (string, *State, error) {
			defer o.lock()()
			id, err := o.Create(ctx, in)
			if err != nil {
				return "", nil, err
			}
			state, err := o.state(id)
			return id, state, err
		},
		Read: func(_ context.Context, id string) (*State, error) {
			defer o.lock()()
			state, err := o.state(id)
			if err != nil {
				return nil, nil
			}
			return state, nil
		},
		Delete: func(ctx context.Context, id string) error {
			defer o.lock()()
			object, err := o.Find(id)
			if err != nil {
				return nil
			}
			return o.Delete(ctx, object)
		},
	}
	if o.Update != nil {
		r.Update = func(ctx context.Context, id string, in *In) (*State, error) {
			defer o.lock()()
			object, err := o.Find(id)
			if err != nil {
				return nil, err
			}
			if err := o.Update(ctx, object, in); err != nil {
				return nil, err
			}
			return o.State(object), nil
		}
	}
	return r
}

func (o *Object[In, State, T]) state(id string) (*State, error) {
	object, err := o.Find(id)
	if err != nil {
		return nil, err
	}
	return o.State(object), nil
}

// lock locks, and returns the function that unlocks.
func (o *Object[In, State, T]) lock() (unlock func()) {
	if o.Lock == nil {
		return func() {}
	}
	o.Lock.Lock()
	return o.Lock.Unlock
}
