package strictjson_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

func TestDecode(t *testing.T) {
	var v struct{ A any }
	require.NoError(t, strictjson.Decode(` {"a": 1.50} `, &v))
	require.Equal(t, json.Number("1.50"), v.A)
	for text, want := range map[string]string{
		"":         "it is empty",
		" ":        "it is empty",
		`{"b":1}`:  `unknown field "b"`,
		`{} {}`:    "there is text after the JSON value",
		`{"a":1}x`: "there is text after the JSON value",
		`{"a":`:    "unexpected EOF",
	} {
		require.ErrorContains(t, strictjson.Decode([]byte(text), &v), want, text)
	}
}

func TestEncode(t *testing.T) {
	require.Equal(t, `{"a":"<&>"}`, string(strictjson.Encode(map[string]string{"a": "<&>"})))
	require.Panics(t, func() { strictjson.Encode(func() {}) })
}
