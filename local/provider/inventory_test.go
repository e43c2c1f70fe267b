package provider_test

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/provider"
)

func TestResourcesAreThoseThatWereCreatedAndNotDeleted(t *testing.T) {
	s := provider.New("us-east-1", things{}.kinds(), nil)
	all, changes := s.Resources()
	require.Empty(t, all)
	require.Zero(t, changes)
	require.Zero(t, s.Changes())

	const (
		alone  = "urn:pulumi:test::project::" + thingType + "::alone"
		inside = "urn:pulumi:test::project::shop:index:Shop$shop:index:Part$" + thingType + "::inside"
	)
	create := func(urn, name string, preview bool) {
		_, err := s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn, Preview: preview, Properties: props(t, map[string]any{"name": name, "required": "x"})})
		require.NoError(t, err)
	}
	create(inside, "a", false)
	create(alone, "b", false)
	create(alone, "never", true)
	all, changes = s.Resources()
	require.Equal(t, []provider.Resource{
		{alone, thingType, "alone", "b", "", map[string]any{"name": "b", "required": "x", "arn": "arn:b"}},
		{inside, thingType, "inside", "a", "shop:index:Shop", map[string]any{"name": "a", "required": "x", "arn": "arn:a"}},
	}, all)
	require.Equal(t, 2, changes)

	update := func(preview bool) {
		_, err := s.Update(t.Context(), &pulumirpc.UpdateRequest{Id: "a", Urn: inside, Preview: preview,
			Olds: props(t, map[string]any{"name": "a", "required": "x"}), News: props(t, map[string]any{"name": "a", "required": "y"})})
		require.NoError(t, err)
	}
	update(true)
	require.Equal(t, 2, s.Changes())
	update(false)
	all, changes = s.Resources()
	require.Equal(t, "y", all[1].Properties["required"])
	require.Equal(t, 3, changes)

	// A replacement has the URN of what it replaces, which is deleted afterwards.
	create(inside, "c", false)
	all, _ = s.Resources()
	require.Len(t, all, 3)
	_, err := s.Delete(t.Context(), &pulumirpc.DeleteRequest{Id: "a", Urn: inside})
	require.NoError(t, err)
	all, changes = s.Resources()
	require.Len(t, all, 2)
	require.Equal(t, "c", all[1].ID)
	require.Equal(t, 5, changes)
}

func TestWhatCannotBeCreatedOrDeletedDoesNotChangeTheResources(t *testing.T) {
	s := provider.New("us-east-1", things{}.kinds(), nil)
	const fixed = "urn:pulumi:test::project::" + fixedType + "::fixed"
	_, err := s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(thingType), Properties: props(t, map[string]any{"name": "n", "required": "refuse"})})
	require.Error(t, err)
	require.Zero(t, s.Changes())
	_, err = s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: fixed, Properties: props(t, map[string]any{"value": "x"})})
	require.NoError(t, err)
	_, err = s.Delete(t.Context(), &pulumirpc.DeleteRequest{Id: "id", Urn: fixed})
	require.Error(t, err)
	all, _ := s.Resources()
	require.Len(t, all, 1)
}
