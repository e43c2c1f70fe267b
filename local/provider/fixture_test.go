package provider_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/local/provider"
)

const (
	thingType = "aws:test/thing:Thing" // has a name, and can be updated
	fixedType = "aws:test/fixed:Fixed" // has none, and cannot
)

type thingArgs struct {
	Name     *string           `pulumi:"name,optional,replace"`
	Required string            `pulumi:"required"`
	Size     *int              `pulumi:"size,optional"`
	Rate     *float64          `pulumi:"rate,optional"`
	On       *bool             `pulumi:"on,optional"`
	Kind     *string           `pulumi:"kind,optional,replace"`
	List     []string          `pulumi:"list,optional"`
	Tags     map[string]string `pulumi:"tags,optional"`
	Part     *part             `pulumi:"part,optional"`
	Code     provider.Archive  `pulumi:"code,optional"`
	ARN      string            `pulumi:"arn,output"`
}

type part struct {
	Depth int     `pulumi:"depth"`
	Label *string `pulumi:"label,optional"`
}

type fixedArgs struct {
	Value string `pulumi:"value"`
}

// things keeps what was made.
type things map[string]thingArgs

func (ts things) kinds() []provider.Kind {
	return []provider.Kind{
		&provider.Object[thingArgs, string]{
			Type:     thingType,
			AutoName: &provider.AutoName{Property: "name", Max: 20, Transform: strings.ToLower},
			Check: func(c *provider.Checker, in *thingArgs) {
				c.Range("size", in.Size, 1, 10)
				c.OneOf("kind", in.Kind, "a", "b")
				if !c.Unknown("required") && in.Required == "" {
					c.Failf("required", "must not be empty")
				}
				if !c.Unknown("list") && len(in.List) == 1 && in.List[0] == "" {
					c.Failf("list", "must not be of nothing")
				}
			},
			Find: func(id string) (*string, error) {
				if _, ok := ts[id]; !ok {
					return nil, errors.New("NoSuchThing: " + id)
				}
				return &id, nil
			},
			State: func(id *string) *thingArgs {
				state := ts[*id]
				state.ARN = "arn:" + *id
				return &state
			},
			Create: func(_ context.Context, in *thingArgs) (string, error) {
				if in.Required == "refuse" {
					return "", errors.New("LimitExceeded: too many things")
				}
				ts[*in.Name] = *in
				return *in.Name, nil
			},
			Update: func(_ context.Context, id *string, in *thingArgs) error {
				ts[*id] = *in
				return nil
			},
			Delete: func(_ context.Context, id *string) error {
				delete(ts, *id)
				return nil
			},
		},
		&provider.Object[fixedArgs, fixedArgs]{
			Type:   fixedType,
			Find:   func(string) (*fixedArgs, error) { return &fixedArgs{}, nil },
			State:  func(a *fixedArgs) *fixedArgs { return a },
			Create: func(context.Context, *fixedArgs) (string, error) { return "id", nil },
			Delete: func(context.Context, *fixedArgs) error { return errors.New("in use") },
		},
	}
}

// engine is the other end of the provider protocol.
type engine struct {
	pulumirpc.ResourceProviderClient
	t *testing.T
}

// connect serves a provider of things over a real connection.
func connect(t *testing.T, ts things) engine { return connectTo(t, ts.kinds()) }

func connectTo(t *testing.T, kinds []provider.Kind) engine {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	pulumirpc.RegisterResourceProviderServer(server, provider.New("us-east-1", kinds, map[string]resource.PropertyMap{
		"aws:index/getThing:getThing": {"echo": resource.NewStringProperty("hello")},
	}))
	go func() { _ = server.Serve(l) }() // ends with Stop
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return engine{pulumirpc.NewResourceProviderClient(conn), t}
}

func urn(kind string) string { return "urn:pulumi:test::project::" + kind + "::Logical" }

// unknown is a value that a preview does not know.
var unknown = resource.MakeComputed(resource.NewStringProperty(""))

func props(t *testing.T, m map[string]any) *structpb.Struct {
	t.Helper()
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(m), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	require.NoError(t, err)
	return s
}

// read is the reverse of props: secrets and unknowns stay what they are.
func read(t *testing.T, s *structpb.Struct) resource.PropertyMap {
	t.Helper()
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	require.NoError(t, err)
	return m
}

var seed = []byte("0123456789abcdef0123456789abcdef")

func (e engine) check(kind string, olds, news map[string]any) *pulumirpc.CheckResponse {
	e.t.Helper()
	r := &pulumirpc.CheckRequest{Urn: urn(kind), Name: "Logical", News: props(e.t, news), RandomSeed: seed}
	if olds != nil {
		r.Olds = props(e.t, olds)
	}
	out, err := e.Check(e.t.Context(), r)
	require.NoError(e.t, err)
	return out
}

func (e engine) create(kind string, news map[string]any) *pulumirpc.CreateResponse {
	e.t.Helper()
	checked := e.check(kind, nil, news)
	require.Empty(e.t, checked.GetFailures())
	out, err := e.Create(e.t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: checked.GetInputs()})
	require.NoError(e.t, err)
	return out
}
