package lambda

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/provider"
)

// engine plays the part of the Pulumi engine for one service.
type engine struct {
	t      testing.TB
	server *provider.Server
}

func newEngine(t testing.TB, s interface{ Kinds() []provider.Kind }) engine {
	return engine{t, provider.New(account.Region, s.Kinds(), nil)}
}

func urn(kind string) string { return "urn:pulumi:test::test::" + kind + "::it" }

func (e engine) properties(v map[string]any) *structpb.Struct {
	e.t.Helper()
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(v), plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(e.t, err)
	return s
}

// check returns the inputs with the automatic name, and what is wrong with them by property.
func (e engine) check(kind string, inputs map[string]any) (*structpb.Struct, map[string]string) {
	e.t.Helper()
	resp, err := e.server.Check(context.Background(), &pulumirpc.CheckRequest{
		Urn: urn(kind), Name: "it", News: e.properties(inputs), RandomSeed: []byte("0123456789abcdef0123456789abcdef"),
	})
	require.NoError(e.t, err)
	failures := map[string]string{}
	for _, f := range resp.GetFailures() {
		failures[f.GetProperty()] = f.GetReason()
	}
	return resp.GetInputs(), failures
}

// create checks and creates, and returns the id and the state.
func (e engine) create(kind string, inputs map[string]any) (string, resource.PropertyMap, error) {
	e.t.Helper()
	checked, failures := e.check(kind, inputs)
	require.Empty(e.t, failures)
	resp, err := e.server.Create(context.Background(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: checked})
	if err != nil {
		return "", nil, err
	}
	return resp.GetId(), e.unmarshal(resp.GetProperties()), nil
}

func (e engine) unmarshal(s *structpb.Struct) resource.PropertyMap {
	e.t.Helper()
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(e.t, err)
	return m
}

func create(t testing.TB, s interface{ Kinds() []provider.Kind }, kind string, inputs map[string]any) resource.PropertyMap {
	t.Helper()
	_, state, err := newEngine(t, s).create(kind, inputs)
	require.NoError(t, err)
	return state
}

func roleKind(t testing.TB, s *iam.Service, name, trust string) string {
	t.Helper()
	return create(t, s, "aws:iam/role:Role", map[string]any{"name": name, "assumeRolePolicy": trust})["arn"].StringValue()
}

func (e engine) update(kind, id string, inputs map[string]any) resource.PropertyMap {
	e.t.Helper()
	checked, failures := e.check(kind, inputs)
	require.Empty(e.t, failures)
	resp, err := e.server.Update(context.Background(), &pulumirpc.UpdateRequest{Id: id, Urn: urn(kind), News: checked})
	require.NoError(e.t, err)
	return e.unmarshal(resp.GetProperties())
}

func (e engine) read(kind, id string, inputs *structpb.Struct) *pulumirpc.ReadResponse {
	e.t.Helper()
	resp, err := e.server.Read(context.Background(), &pulumirpc.ReadRequest{Id: id, Urn: urn(kind), Inputs: inputs})
	require.NoError(e.t, err)
	return resp
}

func (e engine) delete(kind, id string) {
	e.t.Helper()
	_, err := e.server.Delete(context.Background(), &pulumirpc.DeleteRequest{Id: id, Urn: urn(kind)})
	require.NoError(e.t, err)
}
