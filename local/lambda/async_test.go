package lambda

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

// event invokes a function asynchronously and returns the request id.
func (c *cloud) event(name, payload string) string {
	c.t.Helper()
	out, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{
		FunctionName: &name, InvocationType: types.InvocationTypeEvent, Payload: []byte(payload),
	})
	require.NoError(c.t, err)
	require.EqualValues(c.t, 202, out.StatusCode)
	id, ok := awsmiddleware.GetRequestIDMetadata(out.ResultMetadata)
	require.True(c.t, ok)
	return id
}

// invocations waits until there were n of a function.
func (c *cloud) invocations(name string, n int64) {
	c.t.Helper()
	eventually(c.t, "the next attempt", func() bool { return c.lambda.Stats(name).Invocations >= n })
	require.Equal(c.t, n, c.lambda.Stats(name).Invocations)
}

// asleep waits until nothing goes on but the janitor and the wait for the next attempt of one event.
func asleep(t *testing.T, clock *clockwork.FakeClock) {
	t.Helper()
	require.NoError(t, clock.BlockUntilContext(context.Background(), 2))
}

// refuse makes the next n deliveries of events fail with an error, all if n is 0. The result counts them.
func (c *cloud) refuse(n int, err error) (refused func() int64) {
	var count atomic.Int64
	c.account.Faults.Add(fault.Rule{
		Action: "lambda:InvokeFunction", Principal: servicePrincipal, Times: n,
		Do: func(context.Context, fault.Event) error {
			count.Add(1)
			return err
		},
	})
	return count.Load
}

func TestEventIsTriedThreeTimes(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", nil)
	c.event("f", `{"do":"error"}`)
	invocations := func(n int64) {
		t.Helper()
		c.invocations("f", n)
		asleep(t, clock)
	}
	invocations(1)
	clock.Advance(time.Minute - time.Second)
	invocations(1)
	clock.Advance(time.Second)
	invocations(2)
	clock.Advance(2*time.Minute - time.Second)
	invocations(2)
	clock.Advance(time.Second)
	c.invocations("f", 3)
	eventually(t, "it is discarded", func() bool { return c.logged("RetriesExhausted") })
	clock.Advance(time.Hour)
	require.EqualValues(t, 3, c.lambda.Stats("f").Invocations)
}

func TestRefusedEventWaitsLongerEachTime(t *testing.T) {
	for name, err := range map[string]error{
		"throttled":           Throttled(),
		"a failure of Lambda": wire.Errorf(http.StatusServiceUnavailable, "ServiceException", "The service is not available."),
	} {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClock()
			c := newCloudAt(t, clock)
			c.function("f", nil)
			refused := c.refuse(3, err)
			c.event("f", `{}`)
			for i, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
				asleep(t, clock)
				require.EqualValues(t, i+1, refused())
				clock.Advance(wait - time.Millisecond)
				asleep(t, clock)
				require.EqualValues(t, i+1, refused())
				clock.Advance(time.Millisecond)
				eventually(t, "the next attempt", func() bool { return refused() == int64(i+2) || c.lambda.Stats("f").Invocations == 1 })
			}
			c.invocations("f", 1)
		})
	}
}

func TestEventWaitsForConcurrency(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	f := c.function("f", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(1) })
	f = c.lambda.function(f.name)
	f.inflight.Add(1) // somebody else's
	c.event("f", `{}`)
	asleep(t, clock)
	require.EqualValues(t, 1, c.lambda.Stats("f").Throttles)
	f.inflight.Add(-1)
	clock.Advance(time.Second)
	c.invocations("f", 1)
}

func TestRefusedEventIsDroppedWhenItIsOld(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	c.function("f", nil)
	refused := c.refuse(0, Throttled())
	start := clock.Now()
	c.event("f", `{}`)
	eventually(t, "it is dropped", func() bool {
		if c.logged("EventAgeExceeded") {
			return true
		}
		clock.Advance(time.Minute)
		return false
	})
	require.GreaterOrEqual(t, clock.Since(start), maxEventAge)
	require.Greater(t, refused(), int64(50), "at least every five minutes")
	require.Zero(t, c.lambda.Stats("f").Invocations)
}

func TestEventPermissionIsNeededToQueue(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Times: 1, Do: func(context.Context, fault.Event) error { return Throttled() }})
	_, err := c.sdk.Invoke(context.Background(), &sdk.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent})
	require.Equal(t, "TooManyRequestsException", errorCode(t, err))
	require.Zero(t, c.lambda.Stats("f").Invocations)
}

func TestNextAttemptRunsTheCurrentRevision(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	f := c.function("f", func(in *FunctionArgs) {
		in.Environment = &Environment{Variables: map[string]string{"INIT": "exit"}}
	})
	c.event("f", `{}`)
	c.invocations("f", 1)
	require.EqualValues(t, 1, c.lambda.Stats("f").Errors)
	f = c.lambda.function(f.name)
	in := f.current.Load().args
	in.Environment = nil
	err := c.lambda.put(f, &in)
	require.NoError(t, err)
	asleep(t, clock)
	clock.Advance(time.Minute)
	c.invocations("f", 2)
	require.EqualValues(t, 1, c.lambda.Stats("f").Errors)
}

func TestEventsOfADeletedFunctionAreDiscarded(t *testing.T) {
	for name, payload := range map[string]string{"between attempts": `{"do":"error"}`, "in an attempt": `{"do":"sleep","ms":20000}`} {
		t.Run(name, func(t *testing.T) {
			clock := clockwork.NewFakeClock()
			c := newCloudAt(t, clock)
			c.function("f", nil)
			destination := c.destination("f")
			id := c.event("f", payload)
			if name == "between attempts" {
				c.invocations("f", 1)
				asleep(t, clock)
			} else {
				eventually(t, "it runs", func() bool { return c.lambda.function("f").busy() == 1 })
			}
			newEngine(t, c.lambda).delete(functionKind, "f")
			if name == "between attempts" {
				clock.Advance(time.Minute)
			}
			eventually(t, "it is discarded", func() bool { return c.logged("an event is discarded", id, "Function not found") })
			require.Empty(t, c.received(destination))
		})
	}
}

func TestWaitingEventsAreLostWhenTheServiceCloses(t *testing.T) {
	var c *cloud
	var destination string
	t.Run("open", func(t *testing.T) {
		clock := clockwork.NewFakeClock()
		c = newCloudAt(t, clock)
		c.function("f", nil)
		destination = c.destination("f")
		c.event("f", `{"do":"error"}`)
		c.invocations("f", 1)
		asleep(t, clock)
		c.event("f", `{"do":"sleep","ms":20000}`)
		eventually(t, "another runs", func() bool { return c.lambda.function("f").busy() == 1 })
	})
	c.t = t
	require.Empty(t, c.received(destination))
	require.False(t, c.logged("an event is discarded"))
}
