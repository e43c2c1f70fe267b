package provider

import (
	"context"
	"fmt"
)

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
	o.Update = func(_ context.Context, old, in *In) error {
		*old = *in
		return nil
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
