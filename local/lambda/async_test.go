package lambda

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

func (c *cloud) event(name, payload string) {
	c.t.Helper()
	out, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{
		FunctionName: &name, InvocationType: types.InvocationTypeEvent, Payload: []byte(payload),
	})
	require.NoError(c.t, err)
	require.EqualValues(c.t, 202, out.StatusCode)
}

func TestEventIsTriedThreeTimes(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", nil)
	c.event("f", `{"do":"error"}`)
	invocations := func(n int64) {
		t.Helper()
		eventually(t, "the next attempt", func() bool { return c.lambda.Stats("f").Invocations == n })
		// The janitor, and the wait for the next attempt.
		require.NoError(t, clock.BlockUntilContext(context.Background(), 2))
	}
	invocations(1)
	clock.Advance(time.Minute - time.Second)
	invocations(1)
	clock.Advance(time.Second)
	invocations(2)
	clock.Advance(2*time.Minute - time.Second)
	invocations(2)
	clock.Advance(time.Second)
	eventually(t, "the last attempt", func() bool { return c.lambda.Stats("f").Invocations == 3 })
	clock.Advance(time.Hour)
	require.EqualValues(t, 3, c.lambda.Stats("f").Invocations)
}

func TestThrottledEventWaitsLonger(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(0) })
	c.event("f", `{}`)
	for _, wait := range []time.Duration{time.Second, 2 * time.Second} {
		require.NoError(t, clock.BlockUntilContext(context.Background(), 2))
		clock.Advance(wait)
	}
	eventually(t, "three attempts", func() bool { return c.lambda.Stats("f").Throttles == 3 })
	f := c.lambda.function("f")
	in := f.current.Load().args
	in.ReservedConcurrentExecutions = nil
	_, err := c.lambda.put(f, &in)
	require.NoError(t, err)
	require.NoError(t, clock.BlockUntilContext(context.Background(), 2))
	clock.Advance(4 * time.Second)
	eventually(t, "it is delivered", func() bool { return c.lambda.Stats("f").Invocations == 1 })
}

func TestEventIsDroppedWhenItIsOld(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(0) })
	c.event("f", `{}`)
	start := clock.Now()
	eventually(t, "it is dropped", func() bool {
		if strings.Contains(c.log.String(), "EventAgeExceeded") {
			return true
		}
		clock.Advance(time.Minute)
		return false
	})
	require.GreaterOrEqual(t, clock.Since(start), maxEventAge-maxRetryDelay)
	require.Greater(t, c.lambda.Stats("f").Throttles, int64(50), "at least every five minutes")
}

func TestEventPermissionIsNeededToQueue(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Times: 1, Do: func(context.Context, fault.Event) error { return Throttled() }})
	_, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent})
	require.Equal(t, "TooManyRequestsException", errorCode(t, err))
	require.Zero(t, c.lambda.Stats("f").Invocations)
}
