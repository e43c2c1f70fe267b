package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/coffee/orderapi"
	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/order/coffee"
)

type handler struct {
	orders  *store.Reader
	answers httpapi.Answers
	callers caller.Check
}

// found is the answer if there is an active order, in its canonical form.
type found struct {
	Item coffee.Order `json:"Item"`
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	ctx, span := httpapi.Begin(ctx, r, "read order")
	defer span.End()
	answer, fault := h.get(ctx, r)
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	return h.answers.JSON(http.StatusOK, answer), nil
}

func (h *handler) get(ctx context.Context, r httpapi.Request) (found, *httpapi.Error) {
	accountID, fault := orderapi.ID(r, "accountid")
	if fault != nil {
		return found{}, fault
	}
	vendorID, fault := orderapi.ID(r, "vendorid")
	if fault != nil {
		return found{}, fault
	}
	if fault := h.callers.Allow(ctx, r, accountID); fault != nil {
		return found{}, fault
	}
	ctx = trace.Annotate(ctx, "accountId", accountID, "vendorId", vendorID)
	o, err := h.orders.Get(ctx, accountID, vendorID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		trace.Annotate(ctx, "outcome", "absent")
		return found{}, httpapi.Errorf(http.StatusNotFound, "account %s has no active order at vendor %s", accountID, vendorID)
	case err != nil:
		orderapi.Fail(ctx, "order not read", err)
		return found{}, httpapi.Errorf(http.StatusServiceUnavailable, "the order could not be read; please try again")
	}
	// Without the order's id: a search for it must find the order's own trace.
	trace.Annotate(ctx, "outcome", "found")
	return found{Item: o}, nil
}
