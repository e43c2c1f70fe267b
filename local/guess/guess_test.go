package guess_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/guess"
)

// TestTheDocumentationDescribesEverySwitch reads the table in the documentation, which has rows without a switch, too.
func TestTheDocumentationDescribesEverySwitch(t *testing.T) {
	text, err := os.ReadFile("../../docs/embedded-cloud.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| switch | AWS documents | here | the other answer |\n|---|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var described, switches []string
	for row := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(row), "|")
		require.Len(t, cells, 6, row)
		for _, cell := range cells[1:5] {
			require.NotEmpty(t, strings.TrimSpace(cell), row)
		}
		if name := strings.TrimSpace(cells[1]); name != "none" {
			described = append(described, name)
		}
	}
	for _, g := range guess.Switches {
		switches = append(switches, g.Name)
	}
	require.Equal(t, switches, described)
}

func TestEachSwitchTurnsOnlyItself(t *testing.T) {
	var a guess.Answers
	for _, g := range guess.Switches {
		require.False(t, a.Other(g), g.Name)
		back := a.Turn(g)
		for _, other := range guess.Switches {
			require.Equal(t, other == g, a.Other(other), "%s turned by %s", other.Name, g.Name)
		}
		back()
		require.False(t, a.Other(g), g.Name)
	}
}

func TestSwitchesAreTurnedByName(t *testing.T) {
	var a guess.Answers
	require.NoError(t, a.TurnNamed(""))
	require.NoError(t, a.TurnNamed("expiry-lag, stream-backoff"))
	require.True(t, a.Other(guess.ExpiryLag))
	require.True(t, a.Other(guess.StreamBackoff))
	require.False(t, a.Other(guess.StreamFirstRecord))
	require.ErrorContains(t, a.TurnNamed("none"), `there is no switch "none": the switches are stream-first-record, stream-backoff, `)
}
