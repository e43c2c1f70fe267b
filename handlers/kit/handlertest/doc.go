// Package handlertest is for the tests of functions. It reads recorded events, invokes functions as the Lambda runtime does, checks
// answers, captures the log, and has a queue and a failure queue in memory. It needs no module beyond those of the functions.
package handlertest

import "testing"

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}
