package apigateway

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// Clients see the reasons as $context.error.validationErrorString.
func TestValidationErrorsNameEveryReason(t *testing.T) {
	for _, tc := range []struct{ schema, body, want string }{
		{`{"type":"object"}`, ``, `[Unknown error parsing request body]`},
		{`{"type":["string","number"]}`, `true`, `[got boolean, want number or string]`},
		{`{"type":"integer"}`, `1.5`, `[got number, want integer]`},
		{`{"type":"string"}`, `null`, `[got null, want string]`},
		{`{"required":["a","b","c"]}`, `{"c":1}`, `[missing properties 'a', 'b']`},
		{`{"minimum":1}`, `0`, `[minimum: got 0, want 1]`},
		{`{"minimum":0.05}`, `-1.50`, `[minimum: got -1.5, want 0.05]`},
		{`{"maximum":100}`, `1e400`, `[maximum: got ∞, want 100]`},
		{`{"multipleOf":0.01}`, `1.005`, `[multipleOf: got 1.005, want 0.01]`},
		{`{"minLength":2}`, `"é"`, `[minLength: got 1, want 2]`},
		{`{"maxLength":2}`, `"abc"`, `[maxLength: got 3, want 2]`},
		{`{"pattern":"^[a-z]+$"}`, `"a/b"`, `['a/b' does not match pattern '^[a-z]+$']`},
		{`{"enum":["a","b",3]}`, `"x"`, `[value must be one of 'a', 'b', 3]`},
		{`{"type":"string","enum":["a"]}`, `5`, `[got number, want string]`},
		{`{"minItems":2}`, `[1]`, `[minItems: got 1, want 2]`},
		{`{"maxItems":1}`, `[1,2]`, `[maxItems: got 2, want 1]`},
		{`{"uniqueItems":true}`, `[1,1]`, `[items at 0 and 1 are equal]`},
		{`{"properties":{"a":{}},"additionalProperties":false}`, `{"c":1,"a":1,"b":1}`, `[additional properties 'b', 'c' not allowed]`},
		{`{"anyOf":[{"type":"string"},{"minimum":5}]}`, `1`, `[got number, want string, minimum: got 1, want 5]`},
		{`{"allOf":[{"type":"integer"},{"minimum":5}]}`, `1`, `[minimum: got 1, want 5]`},
		{`{"oneOf":[{"type":"integer"},{"minimum":0}]}`, `1`, `['oneOf' failed, subschemas 0, 1 matched]`},
		// The same reason for several fields is given once.
		{`{"properties":{"a":{"type":"string"},"b":{"items":{"type":"string"}},"c":{"type":"string"}}}`, `{"c":1,"b":[1],"a":1}`,
			`[got number, want string]`},
		{`{"required":["x"],"properties":{"a":{"type":"string"}}}`, `{"a":1}`, `[got number, want string, missing property 'x']`},
		{`{"properties":{"n":{"type":"number"}},"additionalProperties":{"type":"string"}}`, `{"n":1,"s":"x","t":1}`,
			`[got number, want string]`},
		{`{"items":{"type":"string"}}`, `["a",1]`, `[got number, want string]`},
	} {
		m := modelOf(t, tc.schema)
		require.Equal(t, tc.want, m.validate([]byte(tc.body)), "%s of %s", tc.body, tc.schema)
	}
}

func modelOf(t *testing.T, schema string) *model {
	t.Helper()
	r := &reader{}
	require.True(t, r.schema("schema", json.RawMessage(schema)), r.problems)
	c, err := newCompiler(`{"x":` + schema + `}`)
	require.NoError(t, err)
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
