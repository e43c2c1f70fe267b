package task_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/task"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

type input struct{ ID string }

// TooDark is an error of a program's own.
type TooDark struct{}

func (*TooDark) Error() string { return "too dark" }

// moving is a task that ends with err.
func moving(err error) any {
	return task.Handler("move picture", func(ctx context.Context, in input) (string, error) {
		trace.Annotate(ctx, "pictureId", in.ID)
		return in.ID + " moved", err
	})
}

func TestAStateMachineSeesTheNameOfAnError(t *testing.T) {
	for name, err := range map[string]error{
		"PermanentError": permanent.Error(&TooDark{}), "TooDark": &TooDark{}, "errorString": errors.New("down"), "": nil,
	} {
		output, got, returned := handlertest.Invoke(t, moving(err), []byte(`{"id":"p1","more":1}`))
		require.Equal(t, name, got)
		if err == nil {
			require.Equal(t, `"p1 moved"`, output)
			continue
		}
		require.ErrorIs(t, returned, errors.Unwrap(permanent.Error(err)), "the cause")
		require.EqualError(t, returned, err.Error())
	}
}

func TestAnInputThatCannotBeDecodedIsPermanent(t *testing.T) {
	for _, text := range []string{`[]`, `{"id":1}`, `""`} {
		_, name, err := handlertest.Invoke(t, moving(nil), []byte(text))
		require.Equal(t, "PermanentError", name)
		require.ErrorContains(t, err, "reading the input: ")
	}
}

func TestAFailureIsLoggedAndTracedWithTheIdsOfTheWork(t *testing.T) {
	for outcome, err := range map[string]error{"failed": errors.New("down"), "rejected": permanent.Error(errors.New("down"))} {
		lines := handlertest.Logged(t, func() {
			ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
			h := task.Handler("move picture", func(ctx context.Context, in input) (string, error) {
				trace.Annotate(ctx, "pictureId", in.ID)
				return "", err
			})
			_, failed := h(ctx, []byte(`{"id":"p1"}`))
			require.Error(t, failed)
		})
		require.Equal(t, []map[string]any{{
			"level": "ERROR", "msg": "task failed: move picture", "pictureId": "p1", "outcome": outcome, "error": "down", "cause": "down",
			"requestId": "r-1", "traceId": tracetest.Root,
		}}, lines)
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []any{"move picture", map[string]any{"pictureId": "p1", "outcome": outcome}}, []any{s.Name, s.Annotations})
		require.Equal(t, []bool{outcome == "rejected", outcome == "failed"}, []bool{s.Error, s.Fault})
	}
}

func TestTheWorkEndsBeforeTheInvocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	_, err := task.Handler("move picture", func(ctx context.Context, _ input) (int, error) {
		bounded, ok := ctx.Deadline()
		require.True(t, ok)
		require.WithinDuration(t, end.Add(-time.Second), bounded, 10*time.Millisecond)
		return 0, nil
	})(ctx, []byte(`{}`))
	require.NoError(t, err)
}
