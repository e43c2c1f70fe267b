package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/coffee/orderapi"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

type handler struct {
	invoices *invoice.Finder
	answers  httpapi.Answers
	callers  caller.Check
}

func (h *handler) handle(ctx context.Context, r httpapi.Request) (httpapi.Response, error) {
	ctx, span := httpapi.Begin(ctx, r, "find invoice")
	defer span.End()
	url, fault := h.get(ctx, r)
	if fault != nil {
		return h.answers.Fail(fault), nil
	}
	return h.answers.JSON(http.StatusOK, url), nil
}

func (h *handler) get(ctx context.Context, r httpapi.Request) (url string, fault *httpapi.Error) {
	accountID, fault := orderapi.ID(r, "accountid")
	if fault != nil {
		return "", fault
	}
	vendorID, fault := orderapi.OptionalID(r, "vendorid")
	if fault != nil {
		return "", fault
	}
	if fault := h.callers.Allow(ctx, r, accountID); fault != nil {
		return "", fault
	}
	ctx = trace.Annotate(ctx, "accountId", accountID, "vendorId", vendorID)
	key, err := h.invoices.Latest(ctx, accountID, vendorID)
	if err == nil {
		url, err = h.invoices.URL(ctx, key)
	}
	if errors.Is(err, invoice.ErrNotFound) {
		trace.Annotate(ctx, "outcome", "absent")
	}
	switch {
	case errors.Is(err, invoice.ErrNotFound) && vendorID != "":
		return "", httpapi.Errorf(http.StatusNotFound, "account %s has no invoice from vendor %s", accountID, vendorID)
	case errors.Is(err, invoice.ErrNotFound):
		return "", httpapi.Errorf(http.StatusNotFound, "account %s has no invoice", accountID)
	case err != nil:
		orderapi.Fail(ctx, "invoice not found out", err)
		return "", httpapi.Errorf(http.StatusServiceUnavailable, "the invoice could not be found out; please try again")
	}
	trace.Annotate(ctx, "outcome", "found")
	return url, nil
}
