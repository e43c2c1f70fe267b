package task_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/order/coffee"
)

const input = `{"orderid":"o1","requestid":"r1","order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","eventtype":["order_completed"]}}`

// fail logs that a task failed for the order of input.
func fail(t *testing.T, err error) {
	t.Helper()
	_, got := task.Run(t.Context(), "move", []byte(input), func(ctx context.Context, _ coffee.Submission) (int, error) {
		task.LogError(ctx, "order not moved", err)
		return 0, err
	})
	require.Equal(t, err, got, "not wrapped")
}

func TestTheLogOfATaskHasTheRequestOfItsOrder(t *testing.T) {
	lines := handlertest.Logged(t, func() {
		_, err := task.Run(t.Context(), "move", []byte(input), func(ctx context.Context, s coffee.Submission) (string, error) {
			slog.InfoContext(ctx, "done")
			return s.RequestID, nil
		})
		require.NoError(t, err)
	})
	require.Equal(t, []map[string]any{{
		"level": "INFO", "msg": "done", "apiRequestId": "r1", "orderId": "o1", "accountId": "a0", "vendorId": "v0", "eventType": "order_completed",
	}}, lines)
}

func TestAFailureIsLoggedWithItsOrderAndCause(t *testing.T) {
	lines := handlertest.Logged(t, func() { fail(t, errors.New("down")) })
	require.Equal(t, []map[string]any{{
		"level": "ERROR", "msg": "order not moved", "apiRequestId": "r1", "orderId": "o1", "accountId": "a0", "vendorId": "v0",
		"eventType": "order_completed", "outcome": "failed", "error": "down",
	}}, lines)
}

func TestTheFaultsOfAnInvalidOrderAreNotLogged(t *testing.T) {
	invalid := &coffee.InvalidOrder{Faults: []coffee.Fault{{Path: "order.city", Problem: "secret"}}}
	for name, do := range map[string]func(){
		"wrapped": func() { fail(t, fmt.Errorf("moving it: %w", invalid)) },
		"parsed": func() {
			for _, in := range []string{`{"order":"secret"}`, `[]`, `{}`} {
				_, err := task.Run(t.Context(), "move", []byte(in), func(context.Context, coffee.Submission) (int, error) { panic("not called") })
				require.IsType(t, invalid, err)
			}
		},
	} {
		lines := handlertest.Logged(t, do)
		require.NotEmpty(t, lines, name)
		for _, line := range lines {
			require.Equal(t, "ERROR", line["level"])
			require.Equal(t, "order refused", line["msg"])
		}
		require.NotContains(t, fmt.Sprint(lines), "secret")
	}
}
