package strictjson_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/strictjson"
)

func TestDecodeKeepsTypesAndDigits(t *testing.T) {
	got, err := strictjson.Decode([]byte(` {"a":[1.50,"x",null,true,{}],"A":{"b":12345678901234567890}} `))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": []any{json.Number("1.50"), "x", nil, true, map[string]any{}},
		"A": map[string]any{"b": json.Number("12345678901234567890")},
	}, got)
}

func TestDecodeRefusesWhatEncodingJSONAccepts(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing":           {"", "empty"},
		"only spaces":       {" \n", "empty"},
		"not JSON":          {"order=1", "not valid JSON"},
		"cut short":         {`{"a":[1,`, "ends too early"},
		"unclosed object":   {`{"a":1`, "ends too early"},
		"wrong bracket":     {`{"a":[1}}`, "not valid JSON"},
		"no colon":          {`{"a" 1}`, "not valid JSON"},
		"number as key":     {`{1:1}`, "not valid JSON"},
		"missing comma":     {`[1 2]`, "not valid JSON"},
		"key twice":         {`{"order":{"city":"a","city":"b"}}`, "the key order.city twice"},
		"key twice escaped": {`{"city":1,"\u0063ity":2}`, "the key city twice"},
		"more data":         {`{} {}`, "more data"},
		"junk after":        {`{} x`, "more data"},
		"not UTF-8":         {"{\"a\":\"\xff\"}", "UTF-8"},
		"deep":              {strings.Repeat("[", 1_000_000), "deeper"},
		"deep objects":      {strings.Repeat(`{"a":`, 100_000), "deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := strictjson.Decode([]byte(c.in))
			require.ErrorContains(t, err, c.want)
			require.Less(t, len(err.Error()), 300)
		})
	}
}

func TestASyntaxErrorHasItsPlaceAndWhatWasExpected(t *testing.T) {
	for in, want := range map[string]string{
		`order=1`:             "is not valid JSON: invalid character 'o' looking for beginning of value, at line 1, column 1",
		`{order: 1}`:          "is not valid JSON: invalid character 'o' looking for beginning of object key string, at line 1, column 2",
		"{\n  \"a\": 1,\n}":   "is not valid JSON: invalid character '}' looking for beginning of object key string, at line 3, column 1",
		"{\r\n\t\"a\" 1}":     "is not valid JSON: invalid character '1' after object key, at line 2, column 6",
		`{"größe": 1 "b": 2}`: "is not valid JSON: invalid character '\"' after object key:value pair, at line 1, column 13",
		`[1 2]`:               "is not valid JSON: invalid character '2' after array element, at line 1, column 4",
		`{"a": 01}`:           "is not valid JSON: invalid character '1' after object key:value pair, at line 1, column 8",
		`{"a": 'x'}`:          "is not valid JSON: invalid character '\\'' looking for beginning of value, at line 1, column 7",
		"{\"a\": \"x\ny\"}":   "is not valid JSON: invalid character '\\n' in string literal, at line 1, column 9",
		`{1: 1}`:              "is not valid JSON: invalid character '1' looking for beginning of object key string, at line 1, column 2",
		`{"a": nul}`:          "is not valid JSON: invalid character '}' in literal null (expecting 'l'), at line 1, column 10",
		"{\"a\": [1,\n2":      "is not valid JSON: it ends too early, at line 2, column 2",
		`"abc`:                "is not valid JSON: it ends too early, at line 1, column 5",
		"{}\n }":              "has more data after the JSON value, at line 2, column 2",
		`{"a":1},`:            "has more data after the JSON value, at line 1, column 8",
	} {
		_, err := strictjson.Decode([]byte(in))
		require.EqualError(t, err, want, in)
	}
}

func TestDecodeClipsLongKeysInItsMessage(t *testing.T) {
	key := strings.Repeat("k", 100_000)
	_, err := strictjson.Decode([]byte(`{"` + key + `":1,"` + key + `":2}`))
	require.ErrorContains(t, err, "twice")
	require.Less(t, len(err.Error()), 300)
}

func FuzzDecodeAgreesWithEncodingJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,2,{"b":null}]}`, `[`, `1e400`, `"\ud800"`, `{"a":1,"a":2}`, `[1]]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		// Whatever Decode accepts, encoding/json must call valid. Every syntax error has its place.
		if _, err := strictjson.Decode([]byte(s)); err == nil {
			require.True(t, json.Valid([]byte(s)), "%q", s)
		} else {
			require.NotEqual(t, "is not valid JSON", err.Error(), "%q", s)
		}
	})
}

func TestFaultsAreReportedTogetherUpToALimit(t *testing.T) {
	var r strictjson.Reader
	require.NoError(t, r.Err())
	r.Faultf("a", "is %d", 1)
	r.Fault("b", "is missing")
	require.EqualError(t, r.Err(), "a: is 1; b: is missing")
	var invalid *strictjson.Invalid
	require.ErrorAs(t, r.Err(), &invalid)
	require.Equal(t, r.Faults, invalid.Faults)
	for range 23 {
		r.Fault("c", "is missing")
	}
	require.ErrorContains(t, r.Err(), "c: is missing; and 5 more")
	require.Equal(t, 20, strings.Count(r.Err().Error(), ";"))
}
