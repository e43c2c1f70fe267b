package checker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/checker"
)

func TestNamesOfChecks(t *testing.T) {
	for list, want := range map[string][]checker.Check{
		"": nil, "fraud": {"fraud"}, "age,fraud-2": {"age", "fraud-2"},
	} {
		own, err := checker.ParseChecks(list)
		require.NoError(t, err, list)
		require.Equal(t, want, own, list)
	}
	many := make([]string, checker.MaxChecks+1)
	for i := range many {
		many[i] = fmt.Sprint("c", i)
	}
	for list, want := range map[string]string{
		",": `got ""`, "fraud,": `got ""`, "a b": `a name must be a letter, and then letters, digits and hyphens, got "a b"`, "1": `got "1"`, "a, b": `got " b"`,
		"stock": `has "stock" twice`, "fraud,account": `has "account" twice`, "a,b,a": `has "a" twice`,
		strings.Join(many, ","): "must be at most 20 names, got 21",
	} {
		own, err := checker.ParseChecks(list)
		require.ErrorContains(t, err, want, list)
		require.Nil(t, own, list)
	}
}
