package stepfunctions

import (
	"net/http"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

// refuse returns an error of the API. All of them have the status 400.
func refuse(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

// checkARN refuses an ARN that does not begin with prefix.
func checkARN(arn, prefix string) error {
	if name, ok := strings.CutPrefix(arn, prefix); !ok || name == "" {
		return refuse("InvalidArn", "Invalid Arn: '%s'", arn)
	}
	return nil
}

func machineDoesNotExist(arn string) error {
	return refuse("StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn)
}

func executionDoesNotExist(arn string) error {
	return refuse("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
}

func typeNotSupported() error {
	return refuse("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
}

func invalidLogging(format string, args ...any) error {
	return refuse("InvalidLoggingConfiguration", "Invalid Logging Configuration: "+format, args...)
}
