package dynamodb

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/wire"
)

func TestValuesSurviveTheWire(t *testing.T) {
	const text = `{"bool":{"BOOL":false},"empty":{"S":""},"l":{"L":[{"N":"1"},{"L":[]}]},` +
		`"m":{"M":{"deep":{"M":{}}}},"n":{"N":"3.5"},"nul":{"NULL":true},"s":{"S":"héllo"}}`
	var item Map
	require.NoError(t, json.Unmarshal([]byte(text), &item))
	got, err := json.Marshal(item)
	require.NoError(t, err)
	require.JSONEq(t, text, string(got))
}

func TestValuesThatDynamoDBRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                     "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
		`{"X":"1"}`:              "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
		`{"S":"1","N":"1"}`:      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
		`{"NULL":false}`:         "One or more parameter values were invalid: Null attribute value types must have the value of true",
		`{"N":"x"}`:              "The parameter cannot be converted to a numeric value: x",
		`{"L":[{"M":{"a":{}}}]}`: "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
		strings.Repeat(`{"L":[`, 34) + strings.Repeat(`]}`, 34): "Nesting Levels have exceeded supported limits",
	} {
		var item Map
		err := json.Unmarshal([]byte(`{"a":`+text+`}`), &item)
		require.Error(t, err, text)
		require.Equal(t, "ValidationException", wire.Code(err), text)
		require.Equal(t, want, message(err))
	}
	for _, text := range []string{`{"SS":["a"]}`, `{"NS":["1"]}`, `{"BS":["AA=="]}`, `{"B":"AA=="}`} {
		err := json.Unmarshal([]byte(`{"a":{"L":[`+text+`]}}`), new(Map))
		require.ErrorContains(t, err, "The embedded cloud does not implement sets (SS, NS, BS) and binary values (B)", text)
	}
}

func TestItemSizeFollowsTheDocumentedRules(t *testing.T) {
	for _, c := range []struct {
		value Value
		want  int
	}{
		{String("héllo"), 6}, {Bool(true), 1}, {Null{}, 1},
		{Number("0"), 1}, {Number("7"), 2}, {Number("100"), 2}, {Number("123"), 3}, {Number("-0.0012"), 2},
		{List{String("ab"), Number("7")}, 3 + 1 + 2 + 1 + 2},
		{Map{"k": String("ab")}, 3 + 1 + 1 + 2},
	} {
		require.Equal(t, 4+c.want, itemSize(Map{"name": c.value}), "%v", c.value)
	}
}

func TestCapacityUnitsRoundUp(t *testing.T) {
	require.Equal(t, 1.0, writeUnits(0, 0))
	require.Equal(t, 1.0, writeUnits(10, 1024))
	require.Equal(t, 2.0, writeUnits(1025, 10), "the larger of before and after counts")
	require.Equal(t, 1.0, readUnits(4096, true))
	require.Equal(t, 0.5, readUnits(0, false))
	require.Equal(t, 1.0, readUnits(4097, false))
}
