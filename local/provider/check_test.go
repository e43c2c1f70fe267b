package provider_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

func TestCheckReportsEveryFaultByItsPath(t *testing.T) {
	e := connect(t, things{})
	for _, c := range []struct {
		name   string
		inputs map[string]any
		want   map[string]string // reason, by property
	}{
		{"nothing wrong", map[string]any{"required": "x", "size": 1, "rate": 0.5, "on": true, "list": []any{"a"},
			"tags": map[string]any{"k": "v"}, "part": map[string]any{"depth": 1}}, nil},
		{"missing", map[string]any{"part": map[string]any{}}, map[string]string{
			"required": "required is required", "part.depth": "part.depth is required"}},
		{"of the wrong type", map[string]any{"required": 1, "size": "x", "rate": "x", "on": "true", "list": "a", "tags": []any{}, "part": "x", "code": "x"},
			map[string]string{
				"required": "required must be a string, got number", "size": "size must be an integer, got string",
				"rate": "rate must be a number, got string", "on": "on must be a boolean, got string", "list": "list must be a list, got string",
				"tags": "tags must be an object, got []", "part": "part must be an object, got string", "code": "code must be an archive, got string",
			}},
		{"of the wrong type within", map[string]any{"required": "x", "size": 1.5, "list": []any{"a", 2}, "tags": map[string]any{"k": true}, "part": map[string]any{"depth": "x"}},
			map[string]string{
				"size": "size must be an integer, got number", "list[1]": "list[1] must be a string, got number",
				`tags["k"]`: `tags["k"] must be a string, got bool`, "part.depth": "part.depth must be an integer, got string",
			}},
		{"unknown to the type", map[string]any{"required": "x", "requird": "x", "part": map[string]any{"depth": 1, "dept": 2}, "arn": "x"},
			map[string]string{
				"arn":     "arn is not supported by the embedded cloud",
				"requird": "requird is not supported by the embedded cloud", "part.dept": "part.dept is not supported by the embedded cloud",
			}},
		{"what AWS would refuse", map[string]any{"required": "", "size": 11, "kind": "c"},
			map[string]string{
				"required": "required must not be empty", "size": "size must be from 1 to 10, got 11", "kind": `kind must be one of ["a" "b"], got "c"`,
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got map[string]string
			for _, f := range e.check(thingType, nil, c.inputs).GetFailures() {
				if got == nil {
					got = map[string]string{}
				}
				got[f.GetProperty()] = f.GetReason()
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestCheckSkipsUnknownValues(t *testing.T) {
	e := connect(t, things{})
	out := e.check(thingType, nil, map[string]any{
		"required": unknown, "size": unknown, "list": []any{unknown}, "tags": map[string]any{"k": unknown, "l": "v"},
		"part": map[string]any{"depth": unknown}, "kind": unknown,
	})
	require.Empty(t, out.GetFailures())
	require.True(t, read(t, out.GetInputs())["required"].IsComputed())

	// What is known is checked all the same.
	out = e.check(thingType, nil, map[string]any{"required": unknown, "size": 11})
	require.Len(t, out.GetFailures(), 1)
}

// The engine sends no secrets to a provider that does not accept them, and marks what comes of them itself. A secret
// that is sent all the same is its value.
func TestSecretsArePlainValues(t *testing.T) {
	ts := things{}
	e := connect(t, ts)
	handshake, err := e.Handshake(t.Context(), &pulumirpc.ProviderHandshakeRequest{})
	require.NoError(t, err)
	require.False(t, handshake.GetAcceptSecrets())

	created := e.create(thingType, map[string]any{"required": resource.MakeSecret(resource.NewStringProperty("hidden")),
		"tags": map[string]any{"k": resource.MakeSecret(resource.NewStringProperty("v"))}})
	require.Equal(t, "hidden", ts[created.GetId()].Required)
	require.Equal(t, map[string]string{"k": "v"}, ts[created.GetId()].Tags)
	require.Equal(t, "hidden", read(t, created.GetProperties())["required"].StringValue())
}

func TestCheckConfig(t *testing.T) {
	e := connect(t, things{})
	check := func(config map[string]any) []*pulumirpc.CheckFailure {
		out, err := e.CheckConfig(t.Context(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:test::project::pulumi:providers:aws::default", News: props(t, config)})
		require.NoError(t, err)
		return out.GetFailures()
	}
	require.Empty(t, check(map[string]any{"region": "us-east-1", "version": "6.83.2", "skipCredentialsValidation": true}))
	require.Empty(t, check(map[string]any{"region": unknown}))
	failures := check(map[string]any{"region": "eu-west-1", "defaultTags": "{}"})
	require.Len(t, failures, 2)
	require.Equal(t, "defaultTags", failures[0].GetProperty())
	require.Contains(t, failures[0].GetReason(), "does not support the provider's setting defaultTags")
	require.Equal(t, "region", failures[1].GetProperty())
	require.Equal(t, `the embedded cloud is in us-east-1 only, got "eu-west-1"`, failures[1].GetReason())

	diff, err := e.DiffConfig(t.Context(), &pulumirpc.DiffRequest{})
	require.NoError(t, err)
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, diff.GetChanges())
}

func TestHandshake(t *testing.T) {
	e := connect(t, things{})
	handshake, err := e.Handshake(t.Context(), &pulumirpc.ProviderHandshakeRequest{})
	require.NoError(t, err)
	require.False(t, handshake.GetSupportsAutonamingConfiguration())
	configured, err := e.Configure(t.Context(), &pulumirpc.ConfigureRequest{})
	require.NoError(t, err)
	require.True(t, configured.GetSupportsPreview())
	info, err := e.GetPluginInfo(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "6.83.2", info.GetVersion())
	_, err = e.Attach(t.Context(), &pulumirpc.PluginAttach{Address: "127.0.0.1:1"})
	require.NoError(t, err)
}

func name(t *testing.T, out *pulumirpc.CheckResponse) string {
	t.Helper()
	require.Empty(t, out.GetFailures())
	return read(t, out.GetInputs())["name"].StringValue()
}

func TestAutomaticNames(t *testing.T) {
	e := connect(t, things{})
	given := map[string]any{"required": "x"}

	first := e.check(thingType, nil, given)
	made := name(t, first)
	require.Regexp(t, `^logical-[0-9a-f]{7}$`, made)
	require.Equal(t, made, name(t, e.check(thingType, nil, given)), "the seed decides")

	olds := read(t, first.GetInputs()).Mappable()
	r := &pulumirpc.CheckRequest{Urn: urn(thingType), Name: "Logical", News: props(t, map[string]any{"required": "y"}),
		Olds: props(t, olds), RandomSeed: []byte("another seed of another update...")}
	again, err := e.Check(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, made, name(t, again), "a resource keeps its name")

	r.Olds = nil
	replaced, err := e.Check(t.Context(), r)
	require.NoError(t, err)
	require.NotEqual(t, made, name(t, replaced), "its replacement has one of its own")

	require.Equal(t, "Mine", name(t, e.check(thingType, olds, map[string]any{"required": "x", "name": "Mine"})))
	require.NotEqual(t, "Mine", name(t, e.check(thingType, map[string]any{"required": "x", "name": "Mine"}, given)),
		"a name that the program gave up is not kept")

	r.Name = "ANameThatIsTooLong"
	long, err := e.Check(t.Context(), r)
	require.NoError(t, err)
	require.Len(t, long.GetFailures(), 1)
	require.Equal(t, "name", long.GetFailures()[0].GetProperty())
	require.Contains(t, long.GetFailures()[0].GetReason(), "longer than maximum length 20")
}
