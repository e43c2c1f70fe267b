package task_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/task"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
	"github.com/order-patterns/order-patterns/order/coffee"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

const input = `{"orderid":"o1","requestid":"r1","order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","eventtype":["order_completed"]}}`

var moving = task.Task{Work: "move order", Failure: "order not moved", First: true, Last: true}

// run runs a task that ends with err for the order of input.
func run(t *testing.T, input string, err error) {
	t.Helper()
	_, got := task.Run(t.Context(), moving, []byte(input), func(ctx context.Context, s coffee.Submission) (string, error) {
		if err == nil {
			slog.InfoContext(ctx, "done")
		}
		return s.RequestID, err
	})
	require.Equal(t, err, got, "not wrapped")
}

// about are the fields of each line about the order of input.
func about(more map[string]any) map[string]any {
	fields := map[string]any{"apiRequestId": "r1", "orderId": "o1", "accountId": "a0", "vendorId": "v0", "eventType": "order_completed"}
	maps.Copy(fields, more)
	return fields
}

func TestTheLogOfATaskHasItsOrderAndTheRequestThatBroughtIt(t *testing.T) {
	lines := handlertest.Logged(t, func() { run(t, input, nil) })
	require.Equal(t, []map[string]any{about(map[string]any{"level": "INFO", "msg": "done"})}, lines)
}

func TestAFailureIsLoggedWithItsOrderAndCause(t *testing.T) {
	lines := handlertest.Logged(t, func() { run(t, input, errors.New("down")) })
	require.Equal(t, []map[string]any{about(map[string]any{"level": "ERROR", "msg": "order not moved", "outcome": "failed", "error": "down", "cause": "down"})}, lines)
}

func TestTheLineOfTheFirstAttemptCountsTheOrderAsAccepted(t *testing.T) {
	t.Setenv("PATTERN", "orchestrator")
	again := strings.Replace(input, `"orderid"`, `"attempt":1,"orderid"`, 1)
	unavailable, refused := task.StoreError(errors.New("down")), task.StoreError(&smithy.GenericAPIError{Code: "ValidationException"})
	for _, c := range []struct {
		input              string
		err                error
		accepted, rejected any
	}{
		{input, unavailable, 1.0, nil},
		{again, unavailable, nil, nil},
		{input, refused, 1.0, 1.0},
		{again, &task.NotAllowed{}, nil, 1.0},
	} {
		lines := handlertest.Logged(t, func() { run(t, c.input, c.err) })
		require.Len(t, lines, 1)
		require.Equal(t, []any{c.accepted, c.rejected}, []any{lines[0]["Accepted"], lines[0]["Rejected"]}, "%T", c.err)
	}
	lines := handlertest.Logged(t, func() {
		_, err := task.Run(t.Context(), moving, []byte(`{"orderid":"o1"}`), func(context.Context, coffee.Submission) (int, error) { panic("not called") })
		require.Error(t, err)
	})
	require.Equal(t, []any{1.0, 1.0, "o1"}, []any{lines[0]["Accepted"], lines[0]["Rejected"], lines[0]["orderId"]})
}

func TestTheSpanOfATaskHasItsOrderAndOutcome(t *testing.T) {
	for want, err := range map[string]error{"failed": errors.New("down"), "rejected": &task.NotAllowed{}} {
		ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
		_, got := task.Run(ctx, moving, []byte(input), func(context.Context, coffee.Submission) (int, error) { return 0, err })
		require.Equal(t, err, got)
		s := daemon.Next(t, 1)[0]
		require.Equal(t, []any{tracetest.Root, tracetest.Parent, "subsegment", "move order"}, []any{s.TraceID, s.ParentID, s.Type, s.Name})
		require.Equal(t, map[string]any{"orderId": "o1", "accountId": "a0", "vendorId": "v0", "outcome": want}, s.Annotations)
		require.Equal(t, 1.0, s.Metadata["default"]["attempt"])
		require.Equal(t, []bool{want == "rejected", want == "failed"}, []bool{s.Error, s.Fault})
	}
}

func TestTheFaultsOfAnInvalidOrderAreNotLogged(t *testing.T) {
	invalid := &coffee.InvalidOrder{Faults: []coffee.Fault{{Path: "order.city", Problem: "secret"}}}
	for name, do := range map[string]func(){
		"of the work": func() { run(t, input, invalid) },
		"parsed": func() {
			for _, in := range []string{`{"order":"secret"}`, `[]`, `{}`} {
				_, err := task.Run(t.Context(), moving, []byte(in), func(context.Context, coffee.Submission) (int, error) { panic("not called") })
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
