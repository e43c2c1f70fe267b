package guess_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/guess"
)

var update = flag.Bool("update", false, "write the table into docs/embedded-cloud.md")

// TestTheDocumentationListsEveryGuess compares the table in the documentation with the list.
func TestTheDocumentationListsEveryGuess(t *testing.T) {
	const path, begin, end = "../../docs/embedded-cloud.md", "<!-- guesses: go -C local test ./guess -update -->\n", "<!-- end of guesses -->"
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(text), begin)
	require.True(t, found)
	table, after, found := strings.Cut(rest, end)
	require.True(t, found)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+guess.Table()+end+after), 0o644))
		return
	}
	require.Equal(t, guess.Table(), table)
}

func TestEachSwitchTurnsOnlyItself(t *testing.T) {
	var a guess.Answers
	for _, g := range guess.Switches() {
		require.False(t, a.Other(g), g.Name)
		back := a.Turn(g)
		for _, other := range guess.Switches() {
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

func TestAGuessIsDescribed(t *testing.T) {
	for _, g := range guess.All {
		require.NotEmpty(t, g.Documented)
		require.NotEmpty(t, g.Here)
		require.NotEmpty(t, g.Other)
	}
}
