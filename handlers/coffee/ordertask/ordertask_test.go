package ordertask_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/ordertask"
	"github.com/order-patterns/order-patterns/handlers/kit/failure"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const input = `{"orderid":"o1","requestid":"r1","order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","eventtype":["order_completed"]}}`

// task answers with the id of the order, and fails with err.
func task(err error) *ordertask.Task[string] {
	return &ordertask.Task[string]{
		Do: func(ctx context.Context, o coffee.Order, log *slog.Logger) (string, error) {
			log.InfoContext(ctx, "done", "orderid", o.OrderID)
			return o.OrderID, err
		},
		Failed: "order not moved", Named: failure.OfStore,
	}
}

func TestATaskIsDoneWithTheOrderOfItsInput(t *testing.T) {
	lines := handlertest.Logged(t, func() {
		out, _, err := handlertest.Invoke(t, task(nil).Handle, []byte(input))
		require.NoError(t, err)
		require.Equal(t, `"o1"`, out)
	})
	require.Equal(t, []map[string]any{{"level": "INFO", "msg": "done", "apiRequestId": "r1", "orderid": "o1"}}, lines)
}

func TestATaskThatFailsGivesNothingButANamedError(t *testing.T) {
	lines := handlertest.Logged(t, func() {
		out, errorType, err := handlertest.Invoke(t, task(errors.New("down")).Handle, []byte(input))
		require.Empty(t, out)
		require.Equal(t, "StoreUnavailable", errorType)
		require.EqualError(t, err, "down")
	})
	require.Equal(t, map[string]any{
		"level": "ERROR", "msg": "order not moved", "apiRequestId": "r1", "orderid": "o1", "eventtype": "order_completed", "error": "down",
	}, lines[1])
}

func TestAnInvalidOrderIsRefusedAndItsFaultsAreNotLogged(t *testing.T) {
	invalid := &coffee.InvalidOrder{Faults: []coffee.Fault{{Path: "order.city", Problem: "secret"}}}
	for in, h := range map[string]*ordertask.Task[string]{
		input: task(fmt.Errorf("moving it: %w", invalid)), `{"order":"secret"}`: task(nil), `[]`: task(nil), `{}`: task(nil),
	} {
		lines := handlertest.Logged(t, func() {
			_, errorType, err := handlertest.Invoke(t, h.Handle, []byte(in))
			require.Equal(t, "InvalidOrder", errorType, err)
		})
		last := lines[len(lines)-1]
		require.Equal(t, "ERROR", last["level"])
		require.Equal(t, "order refused", last["msg"])
		require.NotContains(t, fmt.Sprint(lines), "secret")
	}
}

func TestATaskEndsBeforeItsInvocation(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	end, _ := ctx.Deadline()
	h := task(nil)
	h.Do = func(ctx context.Context, _ coffee.Order, _ *slog.Logger) (string, error) {
		before, has := ctx.Deadline()
		require.True(t, has)
		require.True(t, before.Before(end))
		return "", nil
	}
	_, err := h.Handle(ctx, []byte(input))
	require.NoError(t, err)
}
