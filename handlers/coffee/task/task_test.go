package task_test

import (
	"errors"
	"fmt"
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
	s, log, parseErr := task.Parse(t.Context(), []byte(input))
	require.NoError(t, parseErr)
	task.LogError(t.Context(), log, "order not moved", s.Order, err)
}

func TestTheLogOfATaskHasTheRequestOfItsOrder(t *testing.T) {
	lines := handlertest.Logged(t, func() {
		s, log, err := task.Parse(t.Context(), []byte(input))
		require.NoError(t, err)
		log.InfoContext(t.Context(), "done", "orderid", s.Order.OrderID)
	})
	require.Equal(t, []map[string]any{{"level": "INFO", "msg": "done", "apiRequestId": "r1", "orderid": "o1"}}, lines)
}

func TestAFailureIsLoggedWithItsOrderAndCause(t *testing.T) {
	lines := handlertest.Logged(t, func() { fail(t, errors.New("down")) })
	require.Equal(t, []map[string]any{{
		"level": "ERROR", "msg": "order not moved", "apiRequestId": "r1", "orderid": "o1", "eventtype": "order_completed", "error": "down",
	}}, lines)
}

func TestTheFaultsOfAnInvalidOrderAreNotLogged(t *testing.T) {
	invalid := &coffee.InvalidOrder{Faults: []coffee.Fault{{Path: "order.city", Problem: "secret"}}}
	for name, do := range map[string]func(){
		"wrapped": func() { fail(t, fmt.Errorf("moving it: %w", invalid)) },
		"parsed": func() {
			for _, in := range []string{`{"order":"secret"}`, `[]`, `{}`} {
				_, _, err := task.Parse(t.Context(), []byte(in))
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
