package lambda

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// within fails the test if f does not return soon: it would wait for ever.
func within(t testing.TB, what string, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatalf("it hangs: %s", what)
	}
}

// An observer of a refused role may look at the mapping that asked for it.
func TestAMappingIsNotLockedWhileItsRoleIsAssumed(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	m := c.mapping("f", queue, func(in *MappingArgs) { in.Enabled = aws.Bool(false) })
	var seen string
	c.account.Faults.Add(fault.Rule{When: fault.Refused, Action: "sts:AssumeRole", Do: func(context.Context, fault.Event) error {
		seen, _ = m.state()
		return nil
	}})
	within(t, "the mapping is locked", func() {
		rev := *c.lambda.function("f").current.Load()
		rev.args.Role = "arn:aws:iam::123456789012:role/none"
		c.lambda.function("f").current.Store(&rev)
		_, err := m.principal(c.lambda.function("f"))
		require.ErrorContains(t, err, cannotAssume)
	})
	require.Equal(t, disabled, seen)
}

// The race detector watches.
func TestMappingsMayBeCreatedWhileOthersAreChanged(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	m := c.mapping("f", queue, func(in *MappingArgs) { in.Enabled = aws.Bool(false) })
	var work sync.WaitGroup
	work.Go(func() {
		for range 50 {
			assert.NoError(t, m.configure(&MappingArgs{EventSourceARN: queue, FunctionName: "f", Enabled: aws.Bool(false)}))
		}
	})
	work.Go(func() {
		for range 50 {
			_, err := c.lambda.createMapping(&MappingArgs{EventSourceARN: queue, FunctionName: "f"})
			assert.ErrorContains(t, err, "already exists: "+m.uuid)
		}
	})
	work.Wait()
}

func TestCloseEndsFaultsThatWait(t *testing.T) {
	for _, action := range []string{"sqs:DeleteMessage", "logs:PutLogEvents"} {
		t.Run(action, func(t *testing.T) {
			c := newCloud(t)
			queue := c.queue("q", map[string]any{})
			c.consumer("f")
			c.mapping("f", queue, nil)
			struck := make(chan struct{})
			var once sync.Once
			c.account.Faults.Add(fault.Rule{Action: action, Do: func(ctx context.Context, _ fault.Event) error {
				once.Do(func() { close(struck) })
				<-ctx.Done()
				return ctx.Err()
			}})
			c.send(queue, "ok")
			within(t, "the fault does not strike", func() { <-struck })
			within(t, "the service does not close", func() { require.NoError(t, c.lambda.Close()) })
		})
	}
}

// An invocation of a function that came while the service closes would wait for ever.
func TestAFunctionIsRefusedWhileTheServiceCloses(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	c.lambda.cancel()
	rev := c.lambda.function("f").current.Load()
	name := "g"
	args := rev.args
	args.Name = &name
	require.ErrorIs(t, c.lambda.put(&function{name: name}, &args), errClosed)
}
