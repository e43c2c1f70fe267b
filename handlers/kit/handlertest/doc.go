// Package handlertest is for tests of functions. It reads recorded events, invokes functions as the Lambda runtime does, checks answers,
// and captures the log. It has a queue and a failure queue in memory. It needs no other modules than the functions.
package handlertest

import "testing"

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}
