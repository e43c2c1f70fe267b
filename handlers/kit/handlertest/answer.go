package handlertest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// Answer returns the status and the body of an answer, and asserts that it is JSON that a page of any origin may read.
func Answer(t testing.TB, answer httpapi.Response, err error) (status int, body string) {
	t.Helper()
	require.NoError(t, err)
	require.Equal(t, "*", answer.Headers["Access-Control-Allow-Origin"])
	require.Equal(t, "application/json", answer.Headers["Content-Type"])
	return answer.StatusCode, answer.Body
}
