package seen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// names are the names of fields that several functions log, in their only spelling.
var names = []string{
	"orderId", "accountId", "vendorId", "customerId", "productId", "eventType", "eventId", "requestId", "apiRequestId", "messageId",
	"sequenceNumber", "shardId", "traceId", "pattern", "outcome", "error", "cause",
}

// others are names for the same that nobody uses.
var others = []string{"err", "order", "account", "vendor", "customer", "product", "trace", "record", "request", "message", "result"}

// metricNames are the names of the embedded metric format: of dimensions, and of the metadata.
var metricNames = []string{"Pattern", "Reason", "_aws"}

// loggers are the functions and methods whose arguments are names and values in turn, by the index of the first name. A name that
// is no literal is not looked at.
var loggers = map[string]int{
	"slog.Debug": 1, "slog.Info": 1, "slog.Warn": 1, "slog.Error": 1, "slog.With": 0,
	"slog.DebugContext": 2, "slog.InfoContext": 2, "slog.WarnContext": 2, "slog.ErrorContext": 2, "slog.Log": 3,
	"log.InfoContext": 2, "log.WarnContext": 2, "log.ErrorContext": 2, "log.With": 0,
	"slog.String": 0, "slog.Any": 0, "slog.Int": 0, "slog.Bool": 0, "slog.Float64": 0,
	"logfields.Add": 1, "fields.Add": 0, "trace.Annotate": 1, "metric.Info": 3, "metric.Log": 4, "orderapi.Accepted": 3,
}

// An AWS Logs Insights query finds all lines about an order only if all functions name the field alike.
func TestTheFieldsOfAllLogLinesHaveOneSpelling(t *testing.T) {
	found := map[string][]string{}
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, name := range loggedNames(file) {
			found[name] = append(found[name], path)
		}
		return nil
	}))
	for _, name := range []string{"orderId", "accountId", "eventId", "messageId", "outcome", "error"} {
		require.Contains(t, found, name, "the test finds the lines")
	}
	for name, paths := range found {
		if slices.Contains(metricNames, name) {
			continue
		}
		known := slices.IndexFunc(names, func(n string) bool { return plain(n) == plain(name) })
		if known >= 0 {
			require.Equal(t, names[known], name, paths)
			continue
		}
		require.NotContains(t, others, plain(name), paths)
		require.Regexp(t, "^[a-z][a-zA-Z0-9]*$", name, paths)
	}
}

// plain is a name without what differs between spellings.
func plain(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(name))
}

// loggedNames returns the names of fields in the file that are literals.
func loggedNames(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		first, ok := loggers[callee(call)]
		if !ok {
			return true
		}
		for i := first; i < len(call.Args); i += 2 {
			if literal, ok := call.Args[i].(*ast.BasicLit); ok && literal.Kind == token.STRING {
				name, _ := strconv.Unquote(literal.Value)
				names = append(names, name)
			}
		}
		return true
	})
	return names
}

// callee is the last two names of the function that is called: slog.Info for slog.Info, fields.Add for r.fields.Add.
func callee(call *ast.CallExpr) string {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	switch x := method.X.(type) {
	case *ast.Ident:
		return x.Name + "." + method.Sel.Name
	case *ast.SelectorExpr:
		return x.Sel.Name + "." + method.Sel.Name
	}
	return ""
}
