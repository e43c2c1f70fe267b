package xray

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidRequestException", format, args...)
}
