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
	Function: "check-balance", Kind: balances.Accounts,
	Event:  "ten-two-malformed.json",
	Action: "dynamodb:GetItem", // all that the doc comment of main says that it needs
	New: func(own *sqsbatch.Queue, t *balances.Table, q *findings.Queue) checktest.Handler {
		return (&handler{queue: own, accounts: t, findings: q}).handle
	},
}

func TestAnOrderIsDeliveredAgainIfTheTableFails(t *testing.T) { function.FailsWithItsTable(t) }

func TestAnOrderIsDeliveredAgainIfItsFindingIsNotSent(t *testing.T) {
	function.FailsWithItsQueue(t)
}

func TestAnEmptyBatchFindsNothing(t *testing.T) { function.TakesAnEmptyBatch(t) }

func TestOnlyTheMalformedOnesOfTenOrdersAreDeadLetters(t *testing.T) {
	w := function.Start(t, map[string]string{"rich": "100", "poor": "12", "zero": "0"})
	b := function.Batch(t)
	require.Empty(t, w.Call(t, b))
	require.ElementsMatch(t, []string{b.Records[3].Body, b.Records[8].Body}, w.Queue.DeadBodies())
	require.Equal(t, map[string][]string{
		"o0": {"true: Sufficient account balance", "true: Sufficient account balance"},
		"o1": {"false: Insufficient account balance: 30 wanted, 12 left"},
		"o2": {"false: Unknown customer unknown"},
		"o4": {"true: Sufficient account balance"},
		"o5": {"true: Sufficient account balance"},
		"o6": {"false: Insufficient account balance: 100.0001 wanted, 100 left"},
		"o9": {"true: Sufficient account balance"},
	}, w.Found)
}
