package apigateway

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

var errNoLogRole = badRequest("CloudWatch Logs role ARN must be set in account settings to enable logging")

func badRequest(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "BadRequestException", format, args...)
}

func notFound(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NotFoundException", format, args...)
}

func conflict(format string, args ...any) error {
	return wire.Errorf(http.StatusConflict, "ConflictException", format, args...)
}
