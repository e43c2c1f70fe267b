// Package setbalance is the HTTP handler of update-account and update-stock: it sets a balance, or adds to it.
package setbalance

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/idempotency"
	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// Handler changes the balances of a table. All fields are required.
type Handler struct {
	Balances *balances.Table
	Answers  httpapi.Answers
	Now      func() time.Time
}

type updated struct {
	Code           int            `json:"code"`
	UpdatedPayload map[string]any `json:"updatedPayload"`
}

// Handle answers a request {"<key>", "balance"} or {"<key>", "add"} with 202 when the change is stored.
//
// "balance" replaces the balance, and creates a new id. The last one of several requests wins.
//
// "add" changes an existing balance, in one step with the conditions that keep it in range. An unknown id is refused, and not created with
// a balance of 0: a typing error would otherwise create an account with money in it. A header Idempotency-Key makes the request repeatable.
// The answer to a repeated request has the current balance.
func (h *Handler) Handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	ctx, span := httpapi.Begin(ctx, r, "change balance")
	defer span.End()
	answer, fault := h.update(ctx, r)
	if fault != nil {
		return h.Answers.Fail(fault), nil
	}
	return h.Answers.JSON(http.StatusAccepted, updated{http.StatusAccepted, answer}), nil
}

// change is a parsed request.
type change struct {
	id      string
	adds    bool         // whether amount is added to the balance
	amount  money.Amount // otherwise it is the new balance
	maximum money.Amount // of the balance
}

func (h *Handler) update(ctx context.Context, r httpapi.Request) (answer map[string]any, fault *httpapi.Error) {
	body, fault := httpapi.Body(r)
	if fault != nil {
		return nil, fault
	}
	key, fault := idempotency.Key(r)
	if fault != nil {
		return nil, fault
	}
	c, err := parse(h.Balances.Kind, body)
	if err != nil {
		slog.InfoContext(trace.Annotate(ctx, "outcome", "refused"), "balance refused")
		return nil, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	ctx, cancel := deadline.Ahead(trace.Annotate(ctx, h.Balances.Kind.Key, c.id))
	defer cancel()
	if c.adds {
		return h.add(ctx, c, key)
	}
	return h.set(ctx, c)
}

func (h *Handler) set(ctx context.Context, c change) (map[string]any, *httpapi.Error) {
	key, now := h.Balances.Kind.Key, h.Now()
	if err := h.Balances.Set(ctx, c.id, c.amount, now); err != nil {
		trace.FromContext(ctx).Fail(err, false)
		slog.ErrorContext(trace.Annotate(ctx, "outcome", "failed"), "balance not set", "error", err)
		return nil, httpapi.Errorf(http.StatusServiceUnavailable, "the balance was not updated; please try again")
	}
	slog.InfoContext(trace.Annotate(ctx, "outcome", "set"), "balance set")
	return map[string]any{key: c.id, "balance": c.amount, "updateTime": balances.FormatTime(now)}, nil
}

func parse(kind balances.Kind, body []byte) (c change, err error) {
	doc, err := checker.Decode(body)
	if err != nil {
		return change{}, err
	}
	var r checker.Reader
	fields := r.Object(doc, "body", kind.Key, "balance", "add")
	if fields == nil {
		return change{}, r.Err()
	}
	c.id = r.ID(fields, "", kind.Key)
	_, sets := fields["balance"]
	_, c.adds = fields["add"]
	switch {
	case sets && c.adds:
		r.Fault("body", "has both balance and add, one of them is allowed")
	case sets:
		c.amount, c.maximum = amount(&r, kind, fields, "balance", 0)
	case c.adds:
		c.amount, c.maximum = amount(&r, kind, fields, "add", -1)
	default:
		r.Fault("balance", "is missing, and so is add")
	}
	return c, r.Err()
}

// amount reads a field, an amount that is at least least times the maximum.
func amount(r *checker.Reader, kind balances.Kind, fields map[string]any, name string, least int64) (amount, maximum money.Amount) {
	if kind == balances.Stock {
		return money.FromInt(r.Whole(fields, "", name, least*checker.MaxStock, checker.MaxStock)), money.FromInt(checker.MaxStock)
	}
	return r.Amount(fields, "", name, least*checker.MaxAmount), money.FromInt(checker.MaxAmount)
}
