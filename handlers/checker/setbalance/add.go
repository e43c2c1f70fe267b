package setbalance

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The messages for a client when it is unknown whether the amount was added.
const (
	repeat     = "it is not known whether the amount was added; please repeat the request with the same " + checker.IdempotencyKeyHeader
	unknown    = "it is not known whether the amount was added; only with an " + checker.IdempotencyKeyHeader + " can the request be repeated"
	unreadable = "the amount was added, but the new balance could not be read"
)

func (h *Handler) add(ctx context.Context, c change, key string) (map[string]any, *httpapi.Error) {
	kind := h.Balances.Kind
	err := h.Balances.Add(ctx, balances.Addition{ID: c.id, Amount: c.amount, Most: c.maximum, Key: key}, h.Now())
	if err != nil {
		fault := refusal(kind, c, err)
		if fault == nil {
			trace.FromContext(ctx).Fail(err, false)
			slog.ErrorContext(trace.Annotate(ctx, "outcome", "failed"), "amount perhaps not added", "error", err)
			if key != "" {
				return nil, httpapi.Errorf(http.StatusServiceUnavailable, repeat)
			}
			return nil, httpapi.Errorf(http.StatusServiceUnavailable, unknown)
		}
		slog.InfoContext(trace.Annotate(ctx, "outcome", "refused"), "amount not added", "reason", err.Error())
		return nil, fault
	}
	balance, changed, err := h.Balances.Get(ctx, c.id)
	if err != nil {
		trace.FromContext(ctx).Fail(err, false)
		slog.ErrorContext(trace.Annotate(ctx, "outcome", "added"), "amount added, and the balance not read", "error", err)
		return nil, httpapi.Errorf(http.StatusServiceUnavailable, unreadable)
	}
	slog.InfoContext(trace.Annotate(ctx, "outcome", "added"), "amount added")
	return map[string]any{kind.Key: c.id, "balance": balance, "updateTime": changed}, nil
}

// refusal returns the answer to an addition that was refused, or nil if err is another error.
func refusal(kind balances.Kind, c change, err error) *httpapi.Error {
	short := balances.Shortage{Want: balances.Want{ID: c.id, Amount: -c.amount}}
	var out *balances.OutOfRange
	switch {
	case errors.Is(err, balances.ErrUnknown):
		return httpapi.Errorf(http.StatusNotFound, "%s: set its balance first", kind.Explain(short))
	case errors.Is(err, balances.ErrDifferent):
		return httpapi.Errorf(http.StatusUnprocessableEntity, "another amount was added under this %s", checker.IdempotencyKeyHeader)
	case errors.As(err, &out) && c.amount < 0:
		short.Left, short.Known = out.Left, true
		return httpapi.Errorf(http.StatusConflict, "%s", kind.Explain(short))
	case errors.As(err, &out):
		return httpapi.Errorf(http.StatusConflict, "add: the balance is %s, and would be above its limit of %s", out.Left, c.maximum)
	}
	return nil
}
