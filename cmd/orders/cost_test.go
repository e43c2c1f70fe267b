package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
)

func TestCostNeedsAStack(t *testing.T) {
	dir := project(t, `{"fanout":{"url":"http://h/prod"}}`)
	for want, args := range map[string][]string{
		"cost needs the state of a stack, not a URL: name the state of a stack on AWS with --state": {"--url", "http://h"},
		"--since must be from 1m to 360h, got 30s":                                                  {"--since", "30s"},
		"--since must be from 1m to 360h, got 361h0m0s":                                             {"--since", "361h"},
		"the embedded cloud is not running: run `make up`":                                          nil,
		"reading the state of the stack: open none.json":                                            {"--state", "none.json"},
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
	require.Contains(t, warned, "the cost of these orders is not known: the embedded cloud is not running")
}

// tracesOnly is an account that has recorded one trace more at each look.
type tracesOnly struct{ looks int }

func (*tracesOnly) GetMetricData(context.Context, *cloudwatch.GetMetricDataInput, ...func(*cloudwatch.Options)) (*cloudwatch.GetMetricDataOutput, error) {
	return &cloudwatch.GetMetricDataOutput{}, nil
}

func (*tracesOnly) ListMetrics(context.Context, *cloudwatch.ListMetricsInput, ...func(*cloudwatch.Options)) (*cloudwatch.ListMetricsOutput, error) {
	return &cloudwatch.ListMetricsOutput{}, nil
}

func (f *tracesOnly) GetTraceSummaries(context.Context, *xray.GetTraceSummariesInput, ...func(*xray.Options)) (*xray.GetTraceSummariesOutput, error) {
	f.looks++
	summary := types.TraceSummary{ServiceIds: []types.ServiceId{{Name: aws.String("f")}}}
	return &xray.GetTraceSummariesOutput{TraceSummaries: slices.Repeat([]types.TraceSummary{summary}, f.looks)}, nil
}

func TestTheLastLineOfADemoIsOfItsOwnOrders(t *testing.T) {
	account := &tracesOnly{}
	c := costs{start: time.Now().Add(-time.Minute), meter: &meter.Meter{Metrics: account, Traces: account, Resources: []meter.Resource{
		{Type: "aws:lambda/function:Function", Name: "fanout-f", ID: "f"}, {Type: "aws:kms/key:Key", Name: "fanout-key"}}}}
	c.before, c.err = c.meter.Used(t.Context(), c.start, time.Now())
	require.NoError(t, c.err)
	line, err := c.line(t.Context(), 10)
	require.NoError(t, err)
	require.Regexp(t, `^on AWS, a million of these orders would cost 0\.50 dollars \(list prices of us-east-1, \d{4}-\d\d-\d\d\): X-Ray 100 %$`, line)
}
