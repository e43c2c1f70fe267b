package seen_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
)

func TestTheIDsOfARefusedMessageAreLoggedIfTheyAreValid(t *testing.T) {
	for body, want := range map[string]string{
		`{"orderId":"o1","customerId":"c1","items":"none"}`: "[orderId=o1 customerId=c1]",
		`{"orderId":"o 1","customerId":1}`:                  "[]",
		`{"customerId":1,"orderId":"o1"}`:                   "[orderId=o1]",
		`{"orderId":"o1"`:                                   "[]",
		`[]`:                                                "[]",
	} {
		require.Equal(t, want, fmt.Sprint(logfields.Of(seen.Refused(t.Context(), body))), body)
	}
}
