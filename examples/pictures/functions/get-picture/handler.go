package main

import (
	"context"
	"net/http"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

type handler struct {
	table   *picture.Table
	callers caller.Check
}

func (h *handler) get(ctx context.Context, r httpapi.Request) (int, any, error) {
	owner, fault := name(r, "owner")
	if fault != nil {
		return 0, nil, fault
	}
	id, fault := name(r, "id")
	if fault != nil {
		return 0, nil, fault
	}
	ctx = trace.Annotate(ctx, "pictureId", id, "ownerId", owner)
	if fault := h.callers.Allow(ctx, r, owner); fault != nil {
		return 0, nil, fault
	}
	known, err := h.table.Get(ctx, owner, id)
	if err != nil {
		return 0, nil, err
	}
	if known == nil {
		return 0, nil, httpapi.Errorf(http.StatusNotFound, "there is no picture %s of %s", id, owner)
	}
	return http.StatusOK, known, nil
}

// name returns a query parameter that is an id or owner.
func name(r httpapi.Request, parameter string) (string, *httpapi.Error) {
	value, found, fault := httpapi.Query(r, parameter)
	if fault != nil {
		return "", fault
	}
	if !found {
		return "", httpapi.Errorf(http.StatusBadRequest, "query parameter %s: is missing", parameter)
	}
	if problem := picture.CheckName(value); problem != "" {
		return "", httpapi.Errorf(http.StatusBadRequest, "query parameter %s: %s", parameter, problem)
	}
	return value, nil
}
