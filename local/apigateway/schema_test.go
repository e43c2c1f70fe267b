package apigateway

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABodyThatDoesNotMeetTheModelIsRefused(t *testing.T) {
	for _, tc := range []struct{ schema, body string }{
		{`{"type":"object"}`, ``},
		{`{"type":["string","number"]}`, `true`},
		{`{"type":"integer"}`, `1.5`},
		{`{"type":"string"}`, `null`},
		{`{"required":["a","b","c"]}`, `{"c":1}`},
		{`{"minimum":1}`, `0`},
		{`{"minimum":0.05}`, `-1.50`},
		{`{"maximum":100}`, `1e400`},
		{`{"multipleOf":0.01}`, `1.005`},
		{`{"minLength":2}`, `"é"`},
		{`{"maxLength":2}`, `"abc"`},
		{`{"pattern":"^[a-z]+$"}`, `"a/b"`},
		{`{"enum":["a","b",3]}`, `"x"`},
		{`{"type":"string","enum":["a"]}`, `5`},
		{`{"minItems":2}`, `[1]`},
		{`{"maxItems":1}`, `[1,2]`},
		{`{"uniqueItems":true}`, `[1,1]`},
		{`{"properties":{"a":{"type":"string"},"b":{"items":{"type":"string"}},"c":{"type":"string"}}}`, `{"c":1,"b":[1],"a":1}`},
		{`{"required":["x"],"properties":{"a":{"type":"string"}}}`, `{"a":1}`},
		{`{"items":{"type":"string"}}`, `["a",1]`},
	} {
		m := modelOf(t, tc.schema)
		require.False(t, m.accepts([]byte(tc.body)), "%s of %s", tc.body, tc.schema)
	}
}

func modelOf(t *testing.T, schema string) *model {
	t.Helper()
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
		{`{"maximum":5,"format":"int32"}`, `5`},
	} {
		require.True(t, modelOf(t, tc.schema).accepts([]byte(tc.body)), tc.schema)
	}
}
