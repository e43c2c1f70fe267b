package stepfunctions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/stepfunctions"
)

func TestMetricsOfStateMachines(t *testing.T) {
	w := newWorld(t)
	metrics := cloudtest.RecordMetrics(w.Account)
	succeeding := w.machine(t, one(`"Type":"Succeed"`), map[string]any{"name": "s"})
	failing := w.machine(t, one(`"Type":"Fail"`), map[string]any{"name": "f"})
	waiting := w.machine(t, `{"TimeoutSeconds":60,"StartAt":"S","States":{"S":{"Type":"Wait","Seconds":100,"End":true}}}`, map[string]any{"name": "w"})
	w.closed(t, w.start(t, succeeding, `{}`))
	w.closed(t, w.start(t, failing, `{}`))
	timesOut := w.start(t, waiting, `{}`)
	w.pass(t, 2, time.Minute)
	w.closed(t, timesOut)
	of := func(metric, machine string) string { return "AWS/States " + metric + " StateMachineArn=" + machine }
	require.Equal(t, map[string]float64{
		of("ExecutionsStarted Count", succeeding): 1, of("ExecutionsSucceeded Count", succeeding): 1, of("ExecutionTime Milliseconds", succeeding): 0,
		of("ExecutionsStarted Count", failing): 1, of("ExecutionsFailed Count", failing): 1, of("ExecutionTime Milliseconds", failing): 0,
		of("ExecutionsStarted Count", waiting): 1, of("ExecutionsTimedOut Count", waiting): 1, of("ExecutionTime Milliseconds", waiting): 60_000,
	}, metrics.Take())

	// A throttled execution goes on later.
	w.Account.Faults.Add(fault.Rule{Action: stepfunctions.TransitionAction, Times: 1, Do: func(context.Context, fault.Event) error {
		return errors.New("throttled")
	}})
	throttled := w.start(t, succeeding, `{}`)
	w.pass(t, 2, time.Second)
	w.closed(t, throttled)
	sums := metrics.Take()
	require.Equal(t, 1.0, sums[of("ExecutionThrottled Count", succeeding)])
	require.Equal(t, 1.0, sums[of("ExecutionsSucceeded Count", succeeding)])
}
