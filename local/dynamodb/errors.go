package dynamodb

import (
	"errors"
	"net/http"

	"github.com/order-patterns/order-patterns/local/wire"
)

// invalid is a ValidationException, in DynamoDB's own words wherever they are known.
func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
}

func notFound(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException", format, args...)
}

// conditionFailed carries the item that failed the condition, if the caller asked to see it.
func conditionFailed(item Map) error {
	e := wire.Errorf(http.StatusBadRequest, "ConditionalCheckFailedException", "The conditional request failed")
	if item != nil {
		e.Fields = map[string]any{"Item": item}
	}
	return e
}

// Throttled is what DynamoDB answers when a table's capacity is used up; for fault.Rule.Do, to throttle a
// table in a test.
func Throttled() error {
	return wire.Errorf(http.StatusBadRequest, "ProvisionedThroughputExceededException",
		"The level of configured provisioned throughput for the table was exceeded. "+
			"Consider increasing your provisioning level with the UpdateTable API.")
}

// Conflicted is what DynamoDB answers to a write that meets a transaction on the same item. Operations here
// wait for each other, so that only a fault.Rule brings it about.
func Conflicted() error {
	return wire.Errorf(http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item")
}

// code is the error's AWS code; empty for an error that is none of AWS's.
func code(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
