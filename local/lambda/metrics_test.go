package lambda

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestMetricsOfInvocations(t *testing.T) {
	clock := clockwork.NewFakeClockAt(time.Now())
	c := newCloudAt(t, clock)
	metrics := cloudtest.RecordMetrics(c.account)
	c.function("f", nil)
	c.invoke("f", `{}`)
	c.invoke("f", `{"Do":"error"}`)
	sums := metrics.Take()
	require.Equal(t, 2.0, sums["AWS/Lambda Invocations Count FunctionName=f"])
	require.Equal(t, 1.0, sums["AWS/Lambda Errors Count FunctionName=f"])
	require.Zero(t, sums["AWS/Lambda Throttles Count FunctionName=f"])

	// A timeout is an error.
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.invoke("f", `{"Do":"sleep","MS":60000}`)
	}()
	eventually(t, "the invocation runs", func() bool { return c.lambda.Stats("f").Busy == 1 })
	require.Equal(t, 1.0, metrics.Take()["AWS/Lambda ConcurrentExecutions Count FunctionName=f"])
	eventually(t, "it times out", func() bool {
		clock.Advance(time.Second)
		return c.lambda.Stats("f").Busy == 0
	})
	<-done
	sums = metrics.Take()
	require.Equal(t, 1.0, sums["AWS/Lambda Errors Count FunctionName=f"])
	require.GreaterOrEqual(t, sums["AWS/Lambda Duration Milliseconds FunctionName=f"], 10_000.0)

	// A throttled invocation is neither an invocation nor an error, also if a test injects it.
	c.function("none", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(0) })
	remove := c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Do: func(context.Context, fault.Event) error { return Throttled() }})
	_, err := c.sdk.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("f")})
	require.Error(t, err)
	_, err = c.lambda.Invoke(t.Context(), Invocation{Principal: c.principal(), Function: "f"})
	require.Error(t, err)
	remove()
	_, err = c.sdk.Invoke(t.Context(), &sdk.InvokeInput{FunctionName: aws.String("none")})
	require.Error(t, err)
	require.Equal(t, map[string]float64{
		"AWS/Lambda Throttles Count FunctionName=f": 2, "AWS/Lambda Throttles Count FunctionName=none": 1,
	}, metrics.Take())
}

func TestIteratorAgeGrowsWhileABatchFails(t *testing.T) {
	r := newRiver(t, 1)
	metrics := cloudtest.RecordMetrics(r.account)
	age := func() float64 { return metrics.Take()["AWS/Lambda IteratorAge Milliseconds FunctionName=f"] }
	r.put("k", "crash")
	r.read(nil)
	r.until("the batch is tried", func() bool { return len(r.batches()) > 0 })
	age()
	r.clock.Advance(time.Hour)
	require.GreaterOrEqual(t, age(), 3_600_000.0)
}
