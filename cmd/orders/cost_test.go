package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCostNeedsAStack(t *testing.T) {
	dir := project(t, `{"fanout":{"url":"http://h/prod"}}`)
	for want, args := range map[string][]string{
		"cost is for a stack: name the state of one on AWS with --state": {"--url", "http://h"},
		"--since must be from 1m to 360h, got 30s":                       {"--since", "30s"},
		"--since must be from 1m to 360h, got 361h0m0s":                  {"--since", "361h"},
		"the embedded cloud is not running: run `make up`":               nil,
		"reading the state of the stack: open none.json":                 {"--state", "none.json"},
	} {
		_, _, err := orders(t, append([]string{"cost"}, args...)...)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".local", "cloud.json"), []byte(`{"endpoint":"http://127.0.0.1:1"}`), 0o600))
	_, _, err := orders(t, "cost")
	require.ErrorContains(t, err, "no local stack is up (")

	stacks := filepath.Join(dir, ".local", "pulumi", "state", ".pulumi", "stacks", "order-patterns")
	require.NoError(t, os.MkdirAll(stacks, 0o700))
	state := `{"checkpoint":{"latest":{"resources":[{"urn":"urn:pulumi:local::p::aws:kms/key:Key::fanout-key","type":"aws:kms/key:Key"}]}}}`
	require.NoError(t, os.WriteFile(filepath.Join(stacks, "local.json"), []byte(state), 0o600))
	_, _, err = orders(t, "cost", "--pattern", "checker")
	require.EqualError(t, err, `the stack has no resource of the pattern "checker"`)
	_, _, err = orders(t, "cost", "--region", "mars-1")
	require.EqualError(t, err, `the price list has no Region "mars-1", only eu-west-1, us-east-1`)
}

func TestADemoWithoutItsCostSucceeds(t *testing.T) {
	b := newCoffeeAPI(t)
	project(t, `{"fanout":{"url":"`+b.api()+`"}}`)
	out, warned, err := orders(t, "demo", "-n", "2")
	require.NoError(t, err)
	require.NotContains(t, out, "on AWS")
	require.Contains(t, warned, "what these orders cost is not known: the embedded cloud is not running")
}
