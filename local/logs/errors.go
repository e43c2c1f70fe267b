package logs

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

func refuse(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

func invalid(format string, args ...any) error {
	return refuse("InvalidParameterException", format, args...)
}

// Throttled is the error of an account that calls too often. Tests return it from a fault.
func Throttled() error {
	return refuse("ThrottlingException", "Rate exceeded")
}
