package handlertest

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

// Logged calls do, and returns the lines that it logs, with the fields of the function's log handler and without the time. It replaces the
// default logger meanwhile, so no other test may log at the same time.
func Logged(t testing.TB, do func()) (lines []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(lambdaenv.WithFields(slog.NewJSONHandler(&out, nil))))
	do()
	for line := range bytes.Lines(out.Bytes()) {
		var fields map[string]any
		noError(t, json.Unmarshal(line, &fields))
		delete(fields, "time")
		lines = append(lines, fields)
	}
	return lines
}
