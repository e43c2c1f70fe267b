package components

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func testMachine() machine {
	return orderMachine(orderMachineArgs{
		storeOrder: "arn:store", writeInvoice: "arn:invoice", takeBackOrder: "arn:back", topic: "arn:topic", taskTimeoutSeconds: 15,
	})
}

// TestTheDocumentedDiagramIsTheMachine compares the page with the definition; -update writes it.
func TestTheDocumentedDiagramIsTheMachine(t *testing.T) {
	page := filepath.Join("..", "docs", "orchestrator.md")
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	const begin, end = "<!-- diagram -->\n", "<!-- /diagram -->"
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok)
	drawn, after, ok := strings.Cut(rest, end)
	require.True(t, ok)
	want := "```mermaid\n" + testMachine().diagram() + "```\n"
	if *Update {
		require.NoError(t, os.WriteFile(page, []byte(before+begin+want+end+after), 0o644))
		return
	}
	require.Equal(t, want, drawn, "run go test ./components -update")
}

func TestEveryStateIsReachedAndLeadsToAnEnd(t *testing.T) {
	m := testMachine()
	reached := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		s, ok := m.States[name]
		require.True(t, ok, "there is no state %s", name)
		if reached[name] {
			return
		}
		reached[name] = true
		next := []string{s.Next, s.Default}
		for _, c := range s.Choices {
			next = append(next, c.Next)
		}
		for _, c := range s.Catch {
			next = append(next, c.Next)
		}
		next = slices.DeleteFunc(next, func(n string) bool { return n == "" })
		require.Equal(t, len(next) == 0, s.Type == "Succeed" || s.Type == "Fail", "%s ends, or goes on", name)
		for _, n := range next {
			visit(n)
		}
	}
	visit(m.StartAt)
	require.Len(t, reached, len(m.States))
}

func TestEveryTaskIsRetriedWithBackoffAndJitter(t *testing.T) {
	for name, s := range testMachine().States {
		if s.Type != "Task" {
			continue
		}
		require.Len(t, s.Retry, 1, name)
		r := s.Retry[0]
		require.Equal(t, "FULL", r.JitterStrategy, name)
		require.GreaterOrEqual(t, r.BackoffRate, 2.0, name)
		require.Positive(t, s.TimeoutSeconds, name)
		require.NotContains(t, r.ErrorEquals, "States.ALL", "%s: a permanent error is not retried", name)
	}
}

// A machine that timed out between two tasks would leave an order without its invoice.
func TestTheMachineOutlastsAllAttemptsAtItsTasks(t *testing.T) {
	m := testMachine()
	attempts := func(name string) (seconds float64) {
		s := m.States[name]
		require.Len(t, s.Retry, 1, name)
		r, wait := s.Retry[0], float64(s.Retry[0].IntervalSeconds)
		for range r.MaxAttempts {
			seconds += wait
			wait = min(wait*r.BackoffRate, float64(r.MaxDelaySeconds))
		}
		return seconds + float64((1+r.MaxAttempts)*s.TimeoutSeconds)
	}
	for _, way := range [][]string{{"StoreOrder", "WriteInvoice", "TakeBackOrder"}, {"StoreOrder", "WriteInvoice", "Notify"}} {
		need := 0.0
		for _, name := range way {
			need += attempts(name)
		}
		require.Greater(t, float64(m.TimeoutSeconds), need, way)
	}
	require.Equal(t, 300, orderMachine(orderMachineArgs{taskTimeoutSeconds: 15, express: true}).TimeoutSeconds, "where Step Functions ends it anyway")
	require.Greater(t, orderMachine(orderMachineArgs{taskTimeoutSeconds: 905}).TimeoutSeconds, 3*6*905)
}

func TestWhatMayHaveBeenStoredIsTakenBack(t *testing.T) {
	m := testMachine()
	require.Equal(t, "TakeBackOrder", m.States["WriteInvoice"].Catch[0].Next)
	require.Equal(t, "OrderFailed", m.States["TakeBackOrder"].Next)
	require.Equal(t, "Fail", m.States["OrderFailed"].Type)
	require.Equal(t, "$.failure.Error", m.States["OrderFailed"].ErrorPath)
	caught := m.States["StoreOrder"].Catch[0]
	require.Equal(t, "TakeBackOrder", caught.Next)
	require.Contains(t, caught.ErrorEquals, "StoreUnavailable")
	require.NotContains(t, caught.ErrorEquals, "States.ALL", "an order that was refused was not stored")
	require.Empty(t, m.States["RemoveOrder"].Catch, "a completion cannot be taken back")
	require.Equal(t, "OrderPlaced", m.States["NotificationFailed"].Next)
}

func TestTheDefinitionIsStableJSON(t *testing.T) {
	one, err := testMachine().definition()
	require.NoError(t, err)
	two, err := testMachine().definition()
	require.NoError(t, err)
	require.Equal(t, one, two)
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(one), &doc))
	require.Equal(t, "WhatHappened", doc["StartAt"])
}
