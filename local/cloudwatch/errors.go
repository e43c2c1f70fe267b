package cloudwatch

import (
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

func invalid(code, format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

// notFound is the error for an alarm, a dashboard or a query: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
func notFound(name string) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFound", "There is no %q", name)
}
