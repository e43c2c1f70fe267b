package lambda

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"
)

func TestStartingPosition(t *testing.T) {
	for _, test := range []struct {
		position, want string
	}{{"TRIM_HORIZON", "old,middle,new"}, {"AT_TIMESTAMP", "middle,new"}, {"LATEST", "new"}} {
		t.Run(test.position, func(t *testing.T) {
			r := newRiver(t, 1)
			r.put("k", "old")
			r.clock.Advance(10 * time.Second)
			at := r.clock.Now().Add(time.Second).Format(time.RFC3339)
			r.clock.Advance(10 * time.Second)
			r.put("k", "middle")
			m := r.read(func(in *MappingArgs) {
				in.StartingPosition, in.Enabled = &test.position, aws.Bool(false)
				if test.position == atTimestamp {
					in.StartingPositionTimestamp = &at
				}
			})
			r.put("k", "new")
			require.NoError(t, m.enable(true))
			r.untilBatches(test.want)
		})
	}
}

func TestAMappingThatWasChangedGoesOnWhereItWas(t *testing.T) {
	r := newRiver(t, 1)
	e := newEngine(t, r.lambda)
	given := func(change map[string]any) map[string]any {
		in := map[string]any{"eventSourceArn": r.stream, "functionName": "f", "startingPosition": "LATEST", "batchSize": 2}
		for k, v := range change {
			in[k] = v
		}
		return in
	}
	id, state, err := e.create(mappingKind, given(nil))
	require.NoError(t, err)
	require.Equal(t, "Enabled", state["state"].StringValue())
	r.put("k", "0", "1")
	r.untilBatches("0,1")

	state = e.update(mappingKind, id, given(map[string]any{"enabled": false}))
	require.Equal(t, "Disabled", state["state"].StringValue())
	r.put("k", "2", "3", "gate", "5", "6")
	for range 20 {
		r.clock.Advance(time.Second)
	}
	require.Len(t, r.batches(), 1)

	// In the middle of retries it is given more lanes and other batches: nothing is lost, and nothing before is repeated.
	e.update(mappingKind, id, given(nil))
	r.until("retries", func() bool { return len(r.batches()) > 4 })
	require.Equal(t, []string{"2,3", "gate,5", "gate,5"}, r.batches()[1:4])
	e.update(mappingKind, id, given(map[string]any{"batchSize": 10, "parallelizationFactor": 3}))
	n := len(r.batches())
	r.open()
	r.until("the rest", func() bool { b := r.batches(); return len(b) > n && b[len(b)-1] == "gate,5,6" })

	before := len(r.batches())
	e.delete(mappingKind, id)
	r.put("k", "7")
	for range 20 {
		r.clock.Advance(time.Second)
		time.Sleep(time.Millisecond)
	}
	require.LessOrEqual(t, len(r.batches()), before+1) // one may have been in hand
	require.NotContains(t, r.batches()[before-1:], "7")
}

func TestHaltFinishesTheCurrentInvocationAndDoesNotRetry(t *testing.T) {
	r := newRiver(t, 1)
	r.put("k", "wait", "crash")
	m := r.read(nil)
	r.until("it is invoked", func() bool { return len(r.batches()) == 1 })
	require.NoError(t, m.halt(context.Background()))
	require.EqualValues(t, 1, r.lambda.Stats("f").Errors)
	require.Len(t, r.batches(), 1)
	require.NoError(t, m.start())
	r.until("it is tried again", func() bool { return len(r.batches()) > 1 })
	require.Equal(t, "wait,crash", r.batches()[1])
}

func TestChildrenOfAShardComeAfterTheirParents(t *testing.T) {
	r := newRiver(t, 2)
	reshard := func(n int) {
		newEngine(t, r.kinesis).update("aws:kinesis/stream:Stream", r.stream, map[string]any{"name": "s", "shardCount": n})
	}
	r.read(func(in *MappingArgs) {
		in.StartingPosition = aws.String("LATEST")
		in.ParallelizationFactor = aws.Int(2)
	})
	r.put("k", "gate", "parent")
	r.until("the parent's are tried", func() bool { return len(r.batches()) > 0 })
	reshard(1)
	r.put("k", "child")
	reshard(2)
	r.put("k", "grandchild")
	for range 30 {
		r.clock.Advance(time.Second)
		time.Sleep(2 * time.Millisecond)
	}
	for _, batch := range r.batches() {
		require.Equal(t, "gate,parent", batch)
	}
	r.open()
	r.until("the grandchild's are done", func() bool { b := r.batches(); return b[len(b)-1] == "grandchild" })
	n := len(r.batches())
	require.Equal(t, []string{"gate,parent", "child", "grandchild"}, r.batches()[n-3:])
}
