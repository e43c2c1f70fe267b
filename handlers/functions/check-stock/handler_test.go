package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/checktest"
	"github.com/order-patterns/order-patterns/handlers/checker/findings"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

var function = checktest.Check{
	Function: "check-stock", Kind: balances.Stock,
	Event:  "ten-two-malformed.json",
	Action: "dynamodb:BatchGetItem", // all that the doc comment of main says that it needs
	New: func(own *sqsbatch.Queue, t *balances.Table, q *findings.Queue) checktest.Handler {
		return (&handler{queue: own, stock: t, findings: q}).handle
	},
}

func TestAnOrderIsDeliveredAgainIfTheTableFails(t *testing.T) { function.FailsWithItsTable(t) }

func TestAnOrderIsDeliveredAgainIfItsFindingIsNotSent(t *testing.T) {
	function.FailsWithItsQueue(t)
}

func TestAnEmptyBatchFindsNothing(t *testing.T) { function.TakesAnEmptyBatch(t) }

func TestOnlyTheMalformedOnesOfTenOrdersAreDeadLetters(t *testing.T) {
	w := function.Start(t, map[string]string{"123": "5", "456": "1", "none": "0"})
	b := function.Batch(t)
	require.Empty(t, w.Call(t, b))
	require.ElementsMatch(t, []string{b.Records[5].Body, b.Records[8].Body}, w.Queue.DeadBodies())
	require.Equal(t, map[string][]string{
		"o0": {"true: Sufficient stock", "true: Sufficient stock"},
		"o1": {"false: Insufficient stock of 456: 3 wanted, 1 left"},
		"o2": {"true: Sufficient stock"},
		"o3": {"false: Insufficient stock of 123: 6 wanted, 5 left"}, // the sum of two items
		"o4": {"false: Unknown product 999"},
		"o6": {"false: Unknown product 999; Insufficient stock of 456: 2 wanted, 1 left"},
		"o9": {"false: Insufficient stock of none: 1 wanted, 0 left"},
	}, w.Found)
}
