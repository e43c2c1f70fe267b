// Package handlertest is shared by the tests of the functions. It reads recorded events, invokes functions, checks
// answers, and captures the log.
package handlertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Recorded reads a file in the test's folder testdata.
func Recorded(t testing.TB, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	return content
}

// Event reads an event that was recorded in a file in the test's folder testdata.
func Event[E any](t testing.TB, file string) (event E) {
	t.Helper()
	require.NoError(t, json.Unmarshal(Recorded(t, file), &event))
	return event
}
