package integration_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/local/stack"
)

// What a month costs in which nothing runs depends on the resources alone, so docs/comparison.md must say what the meter says. What orders
// cost is measured by BenchmarkCosts, which makes the table.
func TestThePageOfTheComparisonHasTheCostOfAMonth(t *testing.T) {
	embedded(t)
	page, err := os.ReadFile(filepath.Join(project, "docs", "comparison.md"))
	require.NoError(t, err)
	var state bytes.Buffer
	require.NoError(t, deployment.stack.CLI(t.Context(), &state, "stack", "export", "--stack", stack.Name))
	resources, err := meter.ReadState(state.Bytes())
	require.NoError(t, err)
	prices, err := meter.PricesOf("us-east-1")
	require.NoError(t, err)

	for column, pattern := range map[int]string{1: "fanout", 2: "orchestrator", 4: "eventstream", 5: "checker"} { // 3 is another type of state machine
		own := meter.OfComponent(resources, pattern)
		month, err := prices.Bill(append(meter.Idle(own, meter.Month), meter.MethodMetrics(own, true)...))
		require.NoError(t, err)
		sum := map[string]float64{}
		for _, line := range month {
			service, what, _ := strings.Cut(line.Price, ".")
			switch {
			case service == "sqs":
				sum["each month, pollers of queues and the stream"] += line.USD
			case strings.HasPrefix(what, "alarm"), strings.HasPrefix(what, "composite"):
				sum["each month, alarms"] += line.USD
			case strings.HasPrefix(what, "dashboard"):
				sum["each month, the dashboard"] += line.USD
			case strings.HasPrefix(what, "metric"):
				sum["each month, with `apiDetailedMetrics`"] += line.USD
			default: // the stack of the tests has a stream with shards, and that of the page an on-demand one
				require.Equal(t, "kinesis", service, line.Price)
			}
		}
		require.GreaterOrEqual(t, len(sum), 3, pattern)
		for row, usd := range sum {
			require.Equal(t, fmt.Sprintf("%.2f", usd+1e-9), cell(t, string(page), row, column), "%s: %s", pattern, row)
		}
	}
}

// cell returns what a table of a page has in a row and a column.
func cell(t *testing.T, page, row string, column int) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n| "+row+" |")
	require.True(t, found, "there is no row %q", row)
	line, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(strings.Split(line, "|")[column-1])
}
