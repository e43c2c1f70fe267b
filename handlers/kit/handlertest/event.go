// Package handlertest is what the tests of the functions share: recorded events, what an answer says, lines of the log,
// and a bucket and a table in memory.
package handlertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Recorded reads a file of the test's folder testdata.
func Recorded(t testing.TB, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	return content
}

// Event reads an event that was recorded in a file of the test's folder testdata.
func Event[E any](t testing.TB, file string) (event E) {
	t.Helper()
	require.NoError(t, json.Unmarshal(Recorded(t, file), &event))
	return event
}
