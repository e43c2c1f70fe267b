// Package setbalance is the HTTP handler that update-account and update-stock share: it sets a balance.
package setbalance

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Handler sets the balances of a table. All fields are required.
type Handler struct {
	Balances *balances.Table
	Answers  httpapi.Answers
	Now      func() time.Time
}

type updated struct {
	Code           int            `json:"code"`
	UpdatedPayload map[string]any `json:"updatedPayload"`
}

// Handle answers a request {"<key>", "balance"} with 202 when the balance is stored. A new id is added. The last one of
// several requests counts.
func (h *Handler) Handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	answer, fault := h.set(ctx, r)
	if fault != nil {
		return h.Answers.Fail(fault), nil
	}
	return h.Answers.JSON(http.StatusAccepted, answer), nil
}

func (h *Handler) set(ctx context.Context, r httpapi.Request) (updated, *httpapi.Error) {
	kind := h.Balances.Kind
	body, fault := httpapi.Body(r)
	if fault != nil {
		return updated{}, fault
	}
	id, balance, err := parse(kind, body)
	if err != nil {
		slog.InfoContext(ctx, "balance refused")
		return updated{}, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	now := h.Now()
	if err := h.Balances.Set(ctx, id, balance, now); err != nil {
		slog.ErrorContext(ctx, "balance not set", kind.Key, id, "error", err.Error())
		return updated{}, httpapi.Errorf(http.StatusServiceUnavailable, "the balance was not updated; please try again")
	}
	slog.InfoContext(ctx, "balance set", kind.Key, id)
	return updated{http.StatusAccepted, map[string]any{kind.Key: id, "balance": balance, "updateTime": balances.FormatTime(now)}}, nil
}

func parse(kind balances.Kind, body []byte) (id string, balance money.Amount, err error) {
	doc, err := checker.Decode(body)
	if err != nil {
		return "", 0, err
	}
	var r checker.Reader
	fields := r.Object(doc, "body", kind.Key, "balance")
	if fields == nil {
		return "", 0, r.Err()
	}
	id = r.ID(fields, "", kind.Key)
	if kind == balances.Stock {
		balance = money.FromInt(r.Whole(fields, "", "balance", 0, checker.MaxStock))
	} else {
		balance = r.Amount(fields, "", "balance")
	}
	return id, balance, r.Err()
}
