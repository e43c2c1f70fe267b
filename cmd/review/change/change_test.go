package change

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"
)

const table = "aws:dynamodb/table:Table"

func urn(typ, name string) string {
	return "urn:pulumi:local::order-patterns::order-patterns:components:FanOut$" + typ + "::" + name
}

// made is a resource of a state whose name Pulumi made: the logical name and a suffix.
func made(typ, name, suffix string, inputs map[string]any) apitype.ResourceV3 {
	inputs["name"], inputs["__defaults"] = name+"-"+suffix, []any{"name"}
	return apitype.ResourceV3{
		URN: resource.URN(urn(typ, name)), Type: tokens.Type(typ), Custom: true, ID: resource.ID(name + "-" + suffix),
		Inputs: inputs, Outputs: map[string]any{"arn": "arn:aws:x:us-east-1:123456789012:" + name + "-" + suffix},
	}
}

func function(name string, inputs map[string]any) apitype.ResourceV3 {
	return made("aws:lambda/function:Function", name, "aaaaaaa", inputs)
}

func TestComparisonOfDeployments(t *testing.T) {
	orders := made(table, "orders", "1111111", map[string]any{"hashKey": "a"})
	stored := Resources([]apitype.ResourceV3{orders})[0]
	step := func(op, typ, name string, reasons ...string) Step {
		return Step{Op: op, URN: urn(typ, name), Reasons: reasons}
	}
	for name, c := range map[string]struct {
		before, after []apitype.ResourceV3
		steps         []Step
		changes       Changes
	}{
		"nothing": {before: []apitype.ResourceV3{orders}, after: []apitype.ResourceV3{orders}},
		"a resource is added": {
			after: []apitype.ResourceV3{orders}, steps: []Step{step("create", table, "orders")}, changes: Changes{Added: []Resource{stored}}},
		"a resource is removed": {
			before: []apitype.ResourceV3{orders}, steps: []Step{step("delete", table, "orders")}, changes: Changes{Removed: []Resource{stored}}},
		"a resource changes": {
			before: []apitype.ResourceV3{function("f", map[string]any{"timeout": 3.0})}, after: []apitype.ResourceV3{function("f", map[string]any{"timeout": 9.0})},
			steps: []Step{step("update", "aws:lambda/function:Function", "f")},
			changes: Changes{Changed: []Changed{{Resource: Resources([]apitype.ResourceV3{function("f", map[string]any{"timeout": 9.0})})[0],
				Properties: []Property{{Path: "timeout", Before: 3.0, After: 9.0}}}}}},
		"a resource is replaced, and another one names it": {
			before: []apitype.ResourceV3{orders, function("f", map[string]any{"table": "orders-1111111"})},
			after:  []apitype.ResourceV3{made(table, "orders", "2222222", map[string]any{"hashKey": "b"}), function("f", map[string]any{"table": "orders-2222222"})},
			steps: []Step{step("create-replacement", table, "orders", "hashKey"), step("replace", table, "orders"), step("delete-replaced", table, "orders"),
				step("update", "aws:lambda/function:Function", "f")},
			changes: Changes{Follow: 1, Replaced: []Replaced{{Reasons: []string{"hashKey"}, Changed: Changed{
				Resource:   Resources([]apitype.ResourceV3{made(table, "orders", "2222222", map[string]any{"hashKey": "b"})})[0],
				Properties: []Property{{Path: "hashKey", Before: "a", After: "b"}}}}}}},
		"a resource is renamed with an alias": {
			before: []apitype.ResourceV3{made("aws:sqs/queue:Queue", "old", "1111111", map[string]any{})},
			after:  []apitype.ResourceV3{made("aws:sqs/queue:Queue", "new", "1111111", map[string]any{"name": "old-1111111"})},
			steps:  []Step{{Op: "same", URN: urn("aws:sqs/queue:Queue", "new"), OldURN: urn("aws:sqs/queue:Queue", "old")}},
			changes: Changes{Changed: []Changed{{Renamed: "old", Properties: []Property{{Path: "name", Before: "old", After: "new"}},
				Resource: Resources([]apitype.ResourceV3{made("aws:sqs/queue:Queue", "new", "1111111", map[string]any{})})[0]}}}},
		"a function has other code": {
			before: []apitype.ResourceV3{function("f", map[string]any{"s3Key": "1.zip"}), made("aws:s3/bucketObjectv2:BucketObjectv2", "f-code", "1111111", map[string]any{"key": "1.zip"})},
			after:  []apitype.ResourceV3{function("f", map[string]any{"s3Key": "2.zip"}), made("aws:s3/bucketObjectv2:BucketObjectv2", "f-code", "1111111", map[string]any{"key": "2.zip"})},
			steps:  []Step{step("update", "aws:lambda/function:Function", "f")}, changes: Changes{Code: []string{"f"}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.changes, Compare(Resources(c.before), Resources(c.after), c.steps))
		})
	}
}

func TestResourcesWithoutRandomNames(t *testing.T) {
	api := made("aws:apigateway/restApi:RestApi", "api", "1234567", map[string]any{})
	api.ID = "a1b2c3d4e5"
	permission := made("aws:lambda/permission:Permission", "invoke", "7654321", map[string]any{"sourceArn": "arn:aws:execute-api:r:a:a1b2c3d4e5/prod/GET/order"})
	leaving := made(table, "gone", "1234567", map[string]any{})
	leaving.Delete = true
	component := apitype.ResourceV3{URN: "urn:pulumi:local::p::order-patterns:components:FanOut::fanout", Type: "order-patterns:components:FanOut"}
	require.Equal(t, []Resource{
		{URN: urn("aws:apigateway/restApi:RestApi", "api"), Type: "aws:apigateway/restApi:RestApi", Kind: "API", Name: "api",
			ARN: "arn:aws:x:us-east-1:123456789012:api", Inputs: map[string]any{"name": "api"}},
		{URN: urn("aws:lambda/permission:Permission", "invoke"), Type: "aws:lambda/permission:Permission", Kind: "permission", Name: "invoke",
			ARN: "arn:aws:x:us-east-1:123456789012:invoke", Inputs: map[string]any{"name": "invoke", "sourceArn": "arn:aws:execute-api:r:a:api/prod/GET/order"}},
	}, Resources([]apitype.ResourceV3{component, api, permission, leaving}))
}

func TestRisksAreTheDataOfReplacedAndRemovedResources(t *testing.T) {
	resource := func(typ, name string) Resource { return Resource{Type: typ, Name: name} }
	orders, role, queue := resource(table, "orders"), resource("aws:iam/role:Role", "r"), resource("aws:sqs/queue:Queue", "q")
	c := Changes{
		Replaced: []Replaced{{Changed: Changed{Resource: orders}, Reasons: []string{"hashKey"}}, {Changed: Changed{Resource: role}}},
		Removed:  []Resource{queue, role},
		Added:    []Resource{orders}, Changed: []Changed{{Resource: orders}},
	}
	require.Equal(t, []Risk{
		{Resource: orders, Replaced: true, Reasons: []string{"hashKey"}, Lost: "its items"}, {Resource: queue, Lost: "its messages"},
	}, c.Risks())
}

func TestProperties(t *testing.T) {
	m := func(pairs ...any) map[string]any {
		values := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			values[pairs[i].(string)] = pairs[i+1]
		}
		return values
	}
	for name, c := range map[string]struct {
		before, after map[string]any
		text          []string
	}{
		"changed":           {m("n", 1.0), m("n", 2.0), []string{"`n`: `1` → `2`"}},
		"added and removed": {m("a", "x"), m("b", true), []string{"`a`: removed, was `x`", "`b`: added, `true`"}},
		"nested":            {m("e", m("v", m("A", "1"))), m("e", m("v", m("A", "2"))), []string{"`e.v.A`: `1` → `2`"}},
		"JSON":              {m("body", `{"a":1, "b":2}`), m("body", `{"b":3,"a":1}`), []string{"`body.b`: `2` → `3`"}},
		"JSON written anew": {m("body", `{"a":1, "b":2}`), m("body", `{"b":2,"a":1}`), nil},
		"objects of a list": {m("l", []any{m("a", "1"), m("a", "2")}), m("l", []any{m("a", "1"), m("a", "3")}), []string{"`l[1].a`: `2` → `3`"}},
		"a list":            {m("l", []any{"a"}), m("l", []any{"a", "b"}), []string{"`l`: adds `b`"}},
		"a shorter list":    {m("l", []any{"a", "b", "c"}), m("l", []any{"b", "d"}), []string{"`l`: adds `d`, removes `a`, `c`"}},
		"a list of objects": {m("l", []any{m("a", "1")}), m("l", []any{}), []string{"`l`: `[{\"a\":\"1\"}]` → `[]`"}},
		"texts of a list":   {m("l", []any{"a", "b"}), m("l", []any{"a", "c"}), []string{"`l[1]`: `b` → `c`"}},
		"long texts": {m("s", strings.Repeat("x", 200)+"1"), m("s", strings.Repeat("x", 200)+"2"),
			[]string{"`s`: `…" + strings.Repeat("x", 30) + "1` → `…" + strings.Repeat("x", 30) + "2`"}},
		"a dashboard":          {m("dashboardBody", `{"a":1,"b":2}`), m("dashboardBody", `{"a":3,"b":4}`), []string{"`dashboardBody`: 2 differences"}},
		"a key that is a path": {m("paths", m("/order", "1")), m("paths", m("/order", "2")), []string{"`paths[\"/order\"]`: `1` → `2`"}},
		"a secret":             {m("s", Secret{"a"}), m("s", Secret{"b"}), []string{"`s`: a secret → a secret"}},
		"a secret in a list":   {m("s", []any{Secret{"a"}}), m("s", []any{}), []string{"`s`: `[\"a secret\"]` → `[]`"}},
		"backticks and lines":  {m("s", "a"), m("s", "`b`\nc"), []string{"`s`: `a` → `` `b` c ``"}},
		"a file":               {m("f", File{"0123456789"}), m("f", File{"abcdefghij"}), []string{"`f`: a file with SHA-256 `01234567…` → a file with SHA-256 `abcdefgh…`"}},
	} {
		t.Run(name, func(t *testing.T) {
			var text []string
			for _, p := range Properties(c.before, c.after) {
				text = append(text, p.String())
			}
			require.Equal(t, c.text, text)
		})
	}
}

func TestOutputsAreComparedByName(t *testing.T) {
	stack := func(outputs map[string]any) []apitype.ResourceV3 {
		return []apitype.ResourceV3{{Type: "pulumi:pulumi:Stack", Outputs: outputs}}
	}
	added, removed := Outputs(
		stack(map[string]any{"fanout": map[string]any{"url": "http://a", "table": "t"}}),
		stack(map[string]any{"fanout": map[string]any{"url": "http://b", "key": map[string]any{signature: secretValue, "plaintext": `"k"`}}}))
	require.Equal(t, []string{"fanout.key"}, added)
	require.Equal(t, []string{"fanout.table"}, removed)
}

func TestKinds(t *testing.T) {
	for typ, want := range map[string]string{
		table: "table", "aws:s3/bucketV2:BucketV2": "bucket", "aws:cloudwatch/metricAlarm:MetricAlarm": "metric alarm",
		"aws:s3/bucketObjectv2:BucketObjectv2": "bucket object", "aws:apigateway/restApi:RestApi": "API",
	} {
		require.Equal(t, want, kind(typ))
	}
}

func TestOrdersRunThroughWhatIsNoAlarm(t *testing.T) {
	alarm, queue := Resource{Type: "aws:cloudwatch/metricAlarm:MetricAlarm", Name: "fanout-errors"}, Resource{Type: "aws:sqs/queue:Queue", Name: "fanout-orders"}
	for _, c := range []Changes{
		{Added: []Resource{queue}}, {Removed: []Resource{queue}}, {Code: []string{"fanout-store-order"}},
		{Changed: []Changed{{Resource: queue}}}, {Replaced: []Replaced{{Changed: Changed{Resource: queue}}}},
	} {
		require.True(t, c.Touches("fanout"))
		require.False(t, c.Touches("fan"))
		require.False(t, c.Touches("checker"))
	}
	require.False(t, Changes{Added: []Resource{alarm}, Changed: []Changed{{Resource: alarm}}}.Touches("fanout"))
	require.True(t, Changes{Added: []Resource{{Name: "fanout"}}}.Touches("fanout"))
}
