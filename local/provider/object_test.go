package provider_test

import (
	"context"
	"errors"
	"regexp"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/provider"
)

const (
	boxType   = "aws:test/box:Box"
	labelType = "aws:test/label:Label" // a setting of a box
)

type boxArgs struct {
	Name string  `pulumi:"name,replace"`
	Size *int    `pulumi:"size,optional"`
	Kind *string `pulumi:"kind,optional"`
	ARN  string  `pulumi:"arn,output"`
}

type labelArgs struct {
	Box  string `pulumi:"box,replace"`
	Text string `pulumi:"text"`
}

type box struct {
	inputs boxArgs
	label  *labelArgs
}

// boxes is a service. It is its own lock, and records whether it is held.
type boxes struct {
	t      *testing.T
	held   bool
	byName map[string]*box
}

func (b *boxes) Lock()   { require.False(b.t, b.held); b.held = true }
func (b *boxes) Unlock() { require.True(b.t, b.held); b.held = false }

func (b *boxes) find(id string) (*box, error) {
	require.True(b.t, b.held, "the lock is held")
	if found := b.byName[id]; found != nil {
		return found, nil
	}
	return nil, errors.New("NoSuchBox: " + id)
}

func (b *boxes) kinds() []provider.Kind {
	return []provider.Kind{
		&provider.Object[boxArgs, box]{
			Type: boxType,
			Check: func(c *provider.Checker, in *boxArgs) {
				c.Match("name", &in.Name, regexp.MustCompile(`^[a-z]+$`), "letters")
				c.Parse("kind", in.Kind, func(text string) error {
					if text != "good" {
						return errors.New("no such kind")
					}
					return nil
				})
			},
			Lock: b,
			Find: b.find,
			State: func(found *box) *boxArgs {
				state := found.inputs
				state.ARN = "arn:" + state.Name
				return &state
			},
			Create: func(_ context.Context, in *boxArgs) (string, error) {
				if _, err := b.find(in.Name); err == nil {
					return "", errors.New("BoxExists: " + in.Name)
				}
				b.byName[in.Name] = &box{inputs: *in}
				return in.Name, nil
			},
			Update: func(_ context.Context, found *box, in *boxArgs) error {
				if in.Size != nil && *in.Size < *found.inputs.Size {
					return errors.New("BoxShrinks: " + in.Name)
				}
				found.inputs = *in
				return nil
			},
			Delete: func(_ context.Context, found *box) error {
				if found.label != nil {
					return errors.New("BoxInUse: " + found.inputs.Name)
				}
				delete(b.byName, found.inputs.Name)
				return nil
			},
		},
		&provider.Object[labelArgs, box]{
			Type:  labelType,
			Lock:  b,
			Find:  b.find,
			State: func(found *box) *labelArgs { return found.label },
			Create: func(_ context.Context, in *labelArgs) (string, error) {
				found, err := b.find(in.Box)
				if err == nil {
					found.label = in
				}
				return in.Box, err
			},
			Delete: func(_ context.Context, found *box) error {
				found.label = nil
				return nil
			},
		},
	}
}

func TestObjectIsFoundLockedAndDescribed(t *testing.T) {
	b := &boxes{t: t, byName: map[string]*box{}}
	e := connectTo(t, b.kinds())
	state := func(id string) map[string]any {
		out, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(boxType), Id: id})
		require.NoError(t, err)
		if out.GetId() == "" {
			return nil
		}
		return read(t, out.GetProperties()).Mappable()
	}
	update := func(id string, inputs map[string]any) error {
		_, err := e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(boxType), Id: id, News: props(t, inputs)})
		return err
	}
	remove := func(kind, id string) error {
		_, err := e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: id})
		return err
	}
	require.Nil(t, state("a"), "Read of an object that does not exist")
	require.NoError(t, remove(boxType, "a"), "Delete of an object that does not exist")
	require.ErrorContains(t, update("a", map[string]any{"name": "a"}), "NoSuchBox: a")

	created := e.create(boxType, map[string]any{"name": "a", "size": 1})
	require.Equal(t, "a", created.GetId())
	require.Equal(t, map[string]any{"name": "a", "size": 1.0, "arn": "arn:a"}, read(t, created.GetProperties()).Mappable())
	_, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(boxType), Properties: props(t, map[string]any{"name": "a"})})
	require.ErrorContains(t, err, "BoxExists: a")
	require.NoError(t, update("a", map[string]any{"name": "a", "size": 2}))
	require.ErrorContains(t, update("a", map[string]any{"name": "a", "size": 1}), "BoxShrinks: a")
	require.Equal(t, map[string]any{"name": "a", "size": 2.0, "arn": "arn:a"}, state("a"))

	// A setting that the object does not have is gone.
	out, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(labelType), Id: "a"})
	require.NoError(t, err)
	require.Empty(t, out.GetId())
	e.create(labelType, map[string]any{"box": "a", "text": "x"})
	require.ErrorContains(t, remove(boxType, "a"), "BoxInUse: a")
	require.Equal(t, []string{"text"}, e.diff(labelType, map[string]any{"box": "a", "text": "x"}, map[string]any{"box": "a", "text": "y"}).GetReplaces(),
		"without Update, every change replaces")
	require.NoError(t, remove(labelType, "a"))
	require.NoError(t, remove(boxType, "a"))
	require.Nil(t, state("a"))
	require.False(t, b.held)
}

func TestChecksOfPatternsAndTexts(t *testing.T) {
	e := connectTo(t, (&boxes{t: t}).kinds())
	reasons := func(inputs map[string]any) (all []string) {
		for _, f := range e.check(boxType, nil, inputs).GetFailures() {
			all = append(all, f.GetReason())
		}
		return all
	}
	require.Empty(t, reasons(map[string]any{"name": "a"}), "absent")
	require.Empty(t, reasons(map[string]any{"name": "a", "kind": "good"}))
	require.Empty(t, reasons(map[string]any{"name": unknown, "kind": unknown}), "unknown")
	require.Equal(t, []string{`name must be letters, got "1"`, "kind is not accepted: no such kind"},
		reasons(map[string]any{"name": "1", "kind": "bad"}))
}
