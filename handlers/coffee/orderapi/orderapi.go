// Package orderapi is shared by the functions behind the HTTP API of the coffee patterns. All patterns accept the same
// orders, and refuse others with the same messages.
package orderapi

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// ParseOrder parses the order of a POST /order that is accepted at now, and assigns an id if the client chose none. The
// error is the answer for the client: 400 if the body is not an order, 413 if it is too long.
func ParseOrder(ctx context.Context, r httpapi.Request, now time.Time) (coffee.Order, *httpapi.Error) {
	body, fault := httpapi.Body(r)
	if fault != nil {
		return coffee.Order{}, fault
	}
	o, err := coffee.ParseRequest(body, now)
	if err != nil {
		slog.InfoContext(ctx, "order refused")
		return coffee.Order{}, httpapi.Errorf(http.StatusBadRequest, "%s", err)
	}
	if err := o.AssignID(); err != nil {
		slog.ErrorContext(ctx, "order has no id", "error", err.Error())
		return coffee.Order{}, NotAccepted()
	}
	return o, nil
}

// Accepted returns the body of the answer 202, which means that the order is stored durably until it is processed.
func Accepted(o coffee.Order) any {
	return struct {
		OrderID   string `json:"orderid"`
		AccountID string `json:"accountid"`
		VendorID  string `json:"vendorid"`
	}{o.OrderID, o.AccountID, o.VendorID}
}

// NotAccepted is the answer for an order that may be lost. It does not say why: the cause names resources and
// permissions, and is for the log.
func NotAccepted() *httpapi.Error {
	return httpapi.Errorf(http.StatusServiceUnavailable, "the order was not accepted; please try again")
}

// ID returns a query parameter that is required, and an accountid or vendorid.
func ID(r httpapi.Request, name string) (string, *httpapi.Error) {
	id, err := OptionalID(r, name)
	if err == nil && id == "" {
		return "", httpapi.Errorf(http.StatusBadRequest, "query parameter %s: is missing", name)
	}
	return id, err
}

// OptionalID returns a query parameter that is an accountid or vendorid, or "" if there is none.
func OptionalID(r httpapi.Request, name string) (string, *httpapi.Error) {
	id, found, fault := httpapi.Query(r, name)
	if fault != nil || !found {
		return "", fault
	}
	if problem := coffee.CheckID(id); problem != "" {
		return "", httpapi.Errorf(http.StatusBadRequest, "query parameter %s: %s", name, problem)
	}
	return id, nil
}
