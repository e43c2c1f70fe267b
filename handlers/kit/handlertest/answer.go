package handlertest

import (
	"testing"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// Answer returns the status and the body of an answer. It asserts that the body is JSON, and that a page of any origin may read it.
func Answer(t testing.TB, answer httpapi.Response, err error) (status int, body string) {
	t.Helper()
	noError(t, err)
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"} {
		if got := answer.Headers[name]; got != want {
			t.Fatalf("the header %s is %q, and should be %q", name, got, want)
		}
	}
	return answer.StatusCode, answer.Body
}
