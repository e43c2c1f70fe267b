package handlertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Recorded reads a file in the test's folder testdata.
func Recorded(t testing.TB, file string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	noError(t, err)
	return content
}

// Event reads an event that was recorded in a file in the test's folder testdata.
func Event[E any](t testing.TB, file string) (event E) {
	t.Helper()
	noError(t, json.Unmarshal(Recorded(t, file), &event))
	return event
}
