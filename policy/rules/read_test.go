package rules_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/policy/rules"
)

func TestAStateHasInputsAndOutputs(t *testing.T) {
	t.Parallel()
	resources, err := rules.ReadState([]byte(`{"version":3,"deployment":{"resources":[
		{"urn":"urn:pulumi:dev::orders::a:b:C::store","type":"a:b:C",
		 "inputs":{"size":1,"key":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"v1:x"}},
		 "outputs":{"size":2,"arn":"arn:store"},"propertyDependencies":{"key":["urn:pulumi:dev::orders::a:b:C::key"]}},
		{"urn":"urn:pulumi:dev::orders::a:b:C::old","type":"a:b:C","delete":true}]}}`))
	require.NoError(t, err)
	require.Equal(t, []rules.Resource{{
		URN: "urn:pulumi:dev::orders::a:b:C::store", Type: "a:b:C", Name: "store",
		Properties: map[string]any{"size": 1.0, "arn": "arn:store", "key": rules.Unknown{}},
		DependsOn:  map[string][]string{"key": {"urn:pulumi:dev::orders::a:b:C::key"}},
	}}, resources)
}

func TestAPreviewHasTheResourcesAsTheyWouldBe(t *testing.T) {
	t.Parallel()
	resources, err := rules.ReadPreview([]byte(`{"steps":[
		{"op":"same","newState":{"urn":"u::same","type":"a:b:C","inputs":{"size":1}}},
		{"op":"create-replacement","newState":{"urn":"u::other","type":"a:b:C","inputs":{"size":2,"list":["04da6b54-80e4-46f7-96ec-b56ff0331ba9","[secret]"]}}},
		{"op":"replace","newState":{"urn":"u::other","type":"a:b:C","inputs":{"size":3}}},
		{"op":"delete-replaced","oldState":{"urn":"u::other","type":"a:b:C"}},
		{"op":"delete","oldState":{"urn":"u::gone","type":"a:b:C"}},
		{"op":"create","newState":{"urn":"u::new","type":"a:b:C","inputs":{"arn":"04da6b54-80e4-46f7-96ec-b56ff0331ba9"}}}]}`))
	require.NoError(t, err)
	require.Equal(t, []rules.Resource{
		{URN: "u::same", Type: "a:b:C", Name: "same", Properties: map[string]any{"size": 1.0}},
		{URN: "u::other", Type: "a:b:C", Name: "other", Properties: map[string]any{"size": 3.0}},
		{URN: "u::new", Type: "a:b:C", Name: "new", Properties: map[string]any{"arn": rules.Unknown{}}},
	}, resources)
}

func TestInputThatIsNotJSONIsRefused(t *testing.T) {
	t.Parallel()
	_, err := rules.ReadState([]byte("error: no stack"))
	require.ErrorContains(t, err, "reading the stack's state")
	_, err = rules.ReadPreview([]byte("error: no stack"))
	require.ErrorContains(t, err, "reading the preview")
}

func TestPropertiesOfTheEngineBecomePlainValues(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]any{
		"secret": "text", "computed": rules.Unknown{}, "unknown": rules.Unknown{}, "output": 1.0, "list": []any{true, nil}, "object": map[string]any{"a": "b"},
	}, rules.FromPropertyMap(resource.PropertyMap{
		"secret":   resource.MakeSecret(resource.NewProperty("text")),
		"computed": resource.MakeComputed(resource.NewProperty("")),
		"unknown":  resource.NewProperty(resource.Output{Element: resource.NewProperty("")}),
		"output":   resource.NewProperty(resource.Output{Element: resource.NewProperty(1.0), Known: true}),
		"list":     resource.NewProperty([]resource.PropertyValue{resource.NewProperty(true), resource.NewNullProperty()}),
		"object":   resource.NewProperty(resource.PropertyMap{"a": resource.NewProperty("b")}),
	}))
	require.Equal(t, "04da6b54-80e4-46f7-96ec-b56ff0331ba9", plugin.UnknownStringValue, "what stands for an unknown value in JSON")
}
