// Package balanceapi is what update-account and update-stock share: a request that says what a balance is, and the
// answer that it is stored.
package balanceapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Handler sets balances of a ledger. All fields are required.
type Handler struct {
	Ledger  *ledger.Ledger
	Answers httpapi.Answers
	Now     func() time.Time
	// Balance reads the balance out of a request.
	Balance func(r *checker.Reader, fields map[string]any) money.Amount
}

// Money reads a balance that is an amount of money, for Balance.
func Money(r *checker.Reader, fields map[string]any) money.Amount {
	return r.Amount(fields, "", "balance")
}

// Pieces reads a balance that is a whole number of pieces, for Balance.
func Pieces(r *checker.Reader, fields map[string]any) money.Amount {
	return money.FromInt(r.Whole(fields, "", "balance", 0, checker.MaxStock))
}

type updated struct {
	Code           int            `json:"code"`
	UpdatedPayload map[string]any `json:"updatedPayload"`
}

// Handle answers a request {"<key>", "balance"} with 202 once the balance is stored. An id that is new is added. The
// last of several requests counts.
func (h *Handler) Handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	answer, fault := h.set(ctx, r)
	if fault != nil {
		return h.Answers.Fail(fault), nil
	}
	return h.Answers.JSON(http.StatusAccepted, answer), nil
}

func (h *Handler) set(ctx context.Context, r httpapi.Request) (updated, *httpapi.Error) {
	key := h.Ledger.Kind.Key
	body, fault := httpapi.Body(r)
	if fault != nil {
		return updated{}, fault
	}
	id, balance, err := h.parse(body)
	if err != nil {
		slog.InfoContext(ctx, "balance refused")
		return updated{}, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	now := h.Now()
	if err := h.Ledger.Set(ctx, id, balance, now); err != nil {
		slog.ErrorContext(ctx, "balance not set", key, id, "error", err.Error())
		return updated{}, httpapi.Errorf(http.StatusServiceUnavailable, "the balance was not updated; please try again")
	}
	slog.InfoContext(ctx, "balance set", key, id)
	return updated{http.StatusAccepted, map[string]any{key: id, "balance": balance, "updateTime": ledger.FormatTime(now)}}, nil
}

func (h *Handler) parse(body []byte) (id string, balance money.Amount, err error) {
	doc, err := checker.Decode(body)
	if err != nil {
		return "", 0, err
	}
	var r checker.Reader
	key := h.Ledger.Kind.Key
	if fields := r.Object(doc, "body", key, "balance"); fields != nil {
		id, balance = r.ID(fields, "", key), h.Balance(&r, fields)
	}
	return id, balance, r.Err()
}
