package item_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
)

func TestAReaderReadsWhatWasWritten(t *testing.T) {
	r := item.NewReader(item.Item{
		"s": item.String(""), "b": item.Bool(true), "i": item.Int(-7), "n": item.Decimal("0.10"), "l": item.Strings("x", "y"),
		"m": item.Map(item.Item{"s": item.String("inner")}), "ms": item.List(item.Map(item.Item{"i": item.Int(1)}), item.Map(item.Item{"i": item.Int(2)})),
		"none": item.List(),
	})
	require.Empty(t, r.String("s"))
	require.True(t, r.Bool("b"))
	require.Equal(t, int64(-7), r.Int("i"))
	require.Equal(t, "0.10", item.Number(r, "n", "a text", func(s string) (string, error) { return s, nil }), "the exact text")
	require.Equal(t, []string{"x", "y"}, r.Strings("l"))
	m, ok := r.Map("m")
	require.True(t, ok)
	require.Equal(t, "inner", m.String("s"))
	var sum int64
	for _, inner := range r.Maps("ms") {
		sum += inner.Int("i")
	}
	require.Equal(t, int64(3), sum)
	require.Equal(t, []string{}, r.Strings("none"), "never nil")
	require.Empty(t, r.Maps("none"))
	require.NoError(t, r.Err())
}

func TestEveryMissingOrMistypedAttributeIsNamed(t *testing.T) {
	r := item.NewReader(item.Item{
		"s": item.Int(1), "b": item.String("true"), "i": item.Decimal("1.5"), "l": item.List(item.Int(1)),
		"ms": item.List(item.Map(item.Item{"s": item.Int(1)})), "mixed": item.List(item.String("x")),
	})
	require.Empty(t, r.String("s"))
	require.False(t, r.Bool("b"))
	require.Zero(t, r.Int("i"))
	require.Zero(t, item.Number(r, "n", "an integer", strconv.Atoi))
	require.Equal(t, []string{}, r.Strings("l"))
	_, ok := r.Map("m")
	require.False(t, ok)
	for _, inner := range r.Maps("ms") {
		inner.String("s")
	}
	require.Empty(t, r.Maps("mixed"))
	require.EqualError(t, r.Err(), "attribute s is not a string\nattribute b is not true or false\nattribute i is not a whole number\n"+
		"attribute n is not a number\nattribute l is not a list of strings\nattribute m is not a map\nattribute s is not a string\n"+
		"attribute mixed is not a list of maps")
}
