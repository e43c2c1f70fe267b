package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemoRunsTheDeployedPatterns(t *testing.T) {
	b, c := newCoffeeAPI(t), newCheckerAPI(t)
	outputs := `{"checker":{"url":"` + c.api() + `"},"fanout":{"url":"` + b.api() + `"},"region":"x"}`
	const (
		coffee  = "20 orders placed in .*all done .*The item of order o\\d+:.*The invoice of order o\\d+:.*"
		checker = "50 accounts and the stock of 20 products set in .*20 orders placed in .*20 accepted orders: all decided .*"
	)
	for pattern, want := range map[string]string{
		"":                "(?s)^\nfanout:\n\n" + coffee + "\nchecker:\n\n" + checker + "$",
		"all":             "(?s)^\nfanout:\n\n" + coffee + "\nchecker:\n\n" + checker + "$",
		"checker, fanout": "(?s)^\nchecker:\n\n" + checker + "\nfanout:\n\n" + coffee + "$",
		"checker":         "(?s)^" + checker + "$",
		"fanout,fanout":   "(?s)^" + coffee + "$",
	} {
		project(t, outputs)
		args := []string{"demo", "-n", "20", "-c", "4"}
		if pattern != "" {
			args = append(args, "--pattern", pattern)
		}
		out, _, err := orders(t, args...)
		require.NoError(t, err)
		require.Regexp(t, want, out, pattern)
		require.Equal(t, strings.Contains(want, "accounts"), strings.Contains(out, "accounts"), pattern)
		require.Equal(t, strings.Contains(want, "invoice"), strings.Contains(out, "invoice"), pattern)
	}
}

func TestDemoStopsAtTheFirstFailure(t *testing.T) {
	b, c := newCoffeeAPI(t), newCheckerAPI(t)
	b.statusOf = func(int) int { return 503 }
	project(t, `{"checker":{"url":"`+c.api()+`"},"fanout":{"url":"`+b.api()+`"}}`)
	out, _, err := orders(t, "demo", "-n", "3")
	require.EqualError(t, err, "fanout: 3 of 3 orders were not accepted")
	require.NotContains(t, out, "checker:")
	require.Empty(t, c.accounts)
}

func TestDemoOfAPatternThatIsNotDeployedNamesThoseThatAre(t *testing.T) {
	project(t, `{"checker":{"url":"http://h/prod"},"fanout":{"url":"http://h/prod"}}`)
	for pattern, want := range map[string]string{
		"eventstream": `the local stack does not run the pattern "eventstream"; it runs: fanout, checker`,
		"fanout,,":    `the local stack does not run the pattern ""; it runs: fanout, checker`,
		"fanout,tea":  `the local stack does not run the pattern "tea"; it runs: fanout, checker`,
	} {
		_, _, err := orders(t, "demo", "--pattern", pattern)
		require.EqualError(t, err, want)
	}
	project(t, `{}`)
	_, _, err := orders(t, "demo", "--pattern", "all")
	require.ErrorContains(t, err, "the local stack runs none of the patterns fanout, orchestrator, eventstream, checker")
}
