package dynamodb

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/local/wire"
)

// TestParserAcceptsAnyInput reads random sequences of tokens: each is refused with a ValidationException, or
// can be evaluated on any item.
func TestParserAcceptsAnyInput(t *testing.T) {
	words := strings.Fields(`a b l #s :s :n :ba :list gone name AND OR NOT BETWEEN IN SET REMOVE ADD DELETE size if_not_exists
		list_append attribute_exists attribute_type contains begins_with foo ( ( ) ) [ ] [0] . , = <> < <= + - 0 7 ' é _`)
	item := decode(t, sample)
	rapid.Check(t, func(rt *rapid.T) {
		expression := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 1, 14).Draw(rt, "tokens"), " ")
		refused := func(err error) bool {
			if err != nil && wire.Code(err) != "ValidationException" {
				rt.Fatalf("%s: %v", expression, err)
			}
			return err != nil
		}
		if n, err := parseCondition("ConditionExpression", expression, testScope(t)); !refused(err) {
			n.holds(item)
			n.holds(nil)
			_, err := schema{Hash: keyAttribute{"s", "S"}, Range: keyAttribute{"n", "N"}}.bind(n)
			refused(err)
		}
		if u, err := parseUpdate("SET a = "+expression, testScope(t)); !refused(err) {
			_, err := u.apply(item)
			refused(err)
		}
		if u, err := parseUpdate(expression, testScope(t)); !refused(err) {
			_, err := u.apply(Map{})
			refused(err)
		}
		if keep, err := parseProjection(expression, testScope(t)); !refused(err) {
			require.NotNil(rt, keep.of(item))
		}
	})
}
