package task_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

type execution = task.Input[task.Started[input]]

// compensation is what the Orchestrator gives to the function that undoes a task.
const compensation = `{"input":{"id":"p1","requestid":"q-1","accepted":1772353800123,"caller":"ann","body":{"id":"p1"}},"execution":"q-1","attempt":2,
	"results":{"resize":{"scale":0.5},"index":null},"failure":{"Error":"TooDark","Cause":"{}"}}`

func TestTheInputOfATaskOfTheOrchestrator(t *testing.T) {
	lines := handlertest.Logged(t, func() {
		ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
		_, err := task.Handler("undo", func(ctx context.Context, in execution) (bool, error) {
			require.Equal(t, task.Started[input]{ID: "p1", RequestID: "q-1", AcceptedAtMs: 1772353800123, Caller: "ann", Body: input{"p1"}}, in.Input)
			require.Equal(t, time.Date(2026, 3, 1, 8, 30, 0, 123e6, time.UTC), in.Input.Accepted())
			require.Equal(t, &task.Failure{Error: "TooDark", Cause: "{}"}, in.Failure)
			var result struct{ Scale float64 }
			for name, want := range map[string]bool{"resize": true, "index": false, "other": false} {
				found, err := in.Result(name, &result)
				require.NoError(t, err)
				require.Equal(t, want, found, name)
			}
			require.Equal(t, 0.5, result.Scale)
			var mistyped []int
			_, err := in.Result("resize", &mistyped)
			require.True(t, permanent.Is(err))
			slog.InfoContext(ctx, "undone")
			return true, nil
		})(ctx, []byte(compensation))
		require.NoError(t, err)
	})
	require.Equal(t, []map[string]any{{"level": "INFO", "msg": "undone", "execution": "q-1", "requestId": "r-1", "traceId": tracetest.Root}}, lines)
	require.Equal(t, 3.0, daemon.Next(t, 1)[0].Metadata["default"]["attempt"])
}

func TestAnExecutionThatNoAPIStartedHasNoTime(t *testing.T) {
	require.Zero(t, task.Started[input]{}.Accepted())
}
