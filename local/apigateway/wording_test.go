package apigateway

import (
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// The sentences are those of the validator that AWS uses; clients see them as $context.error.validationErrorString.
func TestValidationErrorsAreWordedAsOnAWS(t *testing.T) {
	for _, tc := range []struct{ schema, body, want string }{
		{`{"type":"object"}`, ``, `[Unknown error parsing request body]`},
		{`{"type":["string","number"]}`, `true`, `[instance type (boolean) does not match any allowed primitive type (allowed: ["integer","number","string"])]`},
		{`{"type":"integer"}`, `1.5`, `[instance type (number) does not match any allowed primitive type (allowed: ["integer"])]`},
		{`{"type":"string"}`, `null`, `[instance type (null) does not match any allowed primitive type (allowed: ["string"])]`},
		{`{"required":["b","a","c"]}`, `{"c":1}`, `[object has missing required properties (["a","b"])]`},
		{`{"minimum":1}`, `0`, `[numeric instance is lower than the required minimum (minimum: 1, found: 0)]`},
		{`{"minimum":0.05}`, `-1.50`, `[numeric instance is lower than the required minimum (minimum: 0.05, found: -1.50)]`},
		{`{"maximum":100}`, `1e400`, `[numeric instance is greater than the required maximum (maximum: 100, found: 1e400)]`},
		{`{"multipleOf":0.01}`, `1.005`, `[remainder of division is not zero (1.005 / 0.01)]`},
		{`{"minLength":2}`, `"é"`, `[string "é" is too short (length: 1, required minimum: 2)]`},
		{`{"maxLength":2}`, `"abc"`, `[string "abc" is too long (length: 3, maximum allowed: 2)]`},
		{`{"pattern":"^[a-z]+$"}`, `"a/b"`, `[ECMA 262 regex "^[a-z]+$" does not match input string "a/b"]`},
		{`{"enum":["a","b",3]}`, `"x"`, `[instance value ("x") not found in enum (possible values: ["a","b",3])]`},
		{`{"type":"string","enum":["a"]}`, `5`, `[instance value (5) not found in enum (possible values: ["a"]), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		{`{"minItems":2}`, `[1]`, `[array is too short: must have at least 2 elements but instance has 1 elements]`},
		{`{"maxItems":1}`, `[1,2]`, `[array is too long: must have at most 1 elements but instance has 2 elements]`},
		{`{"uniqueItems":true}`, `[1,1]`, `[array must not contain duplicate elements]`},
		{`{"properties":{"a":{}},"additionalProperties":false}`, `{"c":1,"a":1,"b":1}`, `[object instance has properties which are not allowed by the schema: ["b","c"]]`},
		{`{"anyOf":[{"type":"string"},{"minimum":5}]}`, `1`, `[instance failed to match at least one required schema among 2]`},
		{`{"allOf":[{"type":"integer"},{"minimum":5}]}`, `1`, `[instance failed to match all required schemas (matched only 1 out of 2)]`},
		{`{"oneOf":[{"type":"integer"},{"minimum":0}]}`, `1`, `[instance failed to match exactly one schema (matched 2 out of 2)]`},
		// Fields are visited by name, and none is entered once something is wrong.
		{`{"properties":{"a":{"type":"string"},"b":{"items":{"type":"string"}},"c":{"type":"string"}}}`, `{"c":1,"b":[1],"a":1}`,
			`[instance type (integer) does not match any allowed primitive type (allowed: ["string"]), instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		{`{"required":["x"],"properties":{"a":{"type":"string"}}}`, `{"a":1}`, `[object has missing required properties (["x"])]`},
		{`{"properties":{"n":{"type":"number"}},"additionalProperties":{"type":"string"}}`, `{"n":1,"s":"x","t":1}`,
			`[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
		{`{"items":{"type":"string"}}`, `["a",1]`, `[instance type (integer) does not match any allowed primitive type (allowed: ["string"])]`},
	} {
		m := modelOf(t, tc.schema)
		require.Equal(t, tc.want, m.validate([]byte(tc.body)), "%s of %s", tc.body, tc.schema)
	}
}

func modelOf(t *testing.T, schema string) *model {
	t.Helper()
	r := &reader{}
	require.True(t, r.schema("schema", json.RawMessage(schema)), r.faults)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	var doc any
	require.NoError(t, json.Unmarshal([]byte(`{"x":`+schema+`}`), &doc))
	require.NoError(t, c.AddResource(documentURL, doc))
	m, err := compileModel(c, "/x")
	require.NoError(t, err)
	return m
}

func TestABodyThatMeetsTheModelIsAccepted(t *testing.T) {
	for _, tc := range []struct{ schema, body string }{
		{`{"type":"object","required":["a"],"properties":{"a":{"type":"number","multipleOf":0.01}}}`, ` {"a":3.50} `},
		{`{"enum":[1,"a",null]}`, `null`},
		{`{"oneOf":[{"type":"integer"},{"type":"string"}]}`, `"x"`},
		{`{"maximum":5,"format":"int32"}`, `5`},
	} {
		require.Empty(t, modelOf(t, tc.schema).validate([]byte(tc.body)), tc.schema)
	}
}
