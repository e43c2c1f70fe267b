package stepfunctions

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Names of errors of the States Language:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
const (
	errorAll         = "States.ALL"
	errorTaskFailed  = "States.TaskFailed"
	errorTimeout     = "States.Timeout"
	errorRuntime     = "States.Runtime"
	errorDataLimit   = "States.DataLimitExceeded"
	errorPermissions = "States.Permissions"
	errorResultPath  = "States.ResultPathMatchFailure"
	errorIntrinsic   = "States.IntrinsicFailure"
)

type failure struct {
	Name, Cause string
	// inState is set if the cause must be completed with the state's name.
	inState bool
}

func (f *failure) details() details {
	return details{}.With(details{"error": f.Name, "cause": f.Cause})
}

func (f *failure) Error() string { return f.Name + ": " + f.Cause }

// runtimef returns a failure of the machine itself, which no catcher matches. AWS documents other names for some of
// them (States.ParameterPathFailure, States.NoChoiceMatched), but reports all of them as States.Runtime.
func runtimef(format string, args ...any) *failure {
	return &failure{Name: errorRuntime, Cause: fmt.Sprintf(format, args...), inState: true}
}

func tooLarge(what string) *failure {
	return &failure{Name: errorDataLimit, Cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what)}
}

// failure returns an error as the execution reports it. An error that is no failure becomes States.Runtime.
func (v *visit) failure(err error) *failure {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		f = runtimef("%v", err)
	}
	if !f.inState {
		return f
	}
	return &failure{Name: f.Name, Cause: fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", v.state.name, v.event, f.Cause)}
}

// matches reports whether ErrorEquals includes the failure. States.ALL includes neither States.Runtime nor
// States.DataLimitExceeded. States.TaskFailed includes all that States.ALL does but States.Timeout.
func (f *failure) matches(names []string) bool {
	if f.Name == errorRuntime {
		return false
	}
	wild := f.Name != errorDataLimit
	return slices.ContainsFunc(names, func(name string) bool {
		return name == f.Name || wild && name == errorAll || wild && name == errorTaskFailed && f.Name != errorTimeout
	})
}

// serviceFailure returns an error of a service as a task reports it: its name is SERVICE.CODEException. client is the
// service's name in the cause.
func serviceFailure(service, client string, err error) *failure {
	status, code, message := http.StatusInternalServerError, "ServiceException", err.Error()
	if answer, ok := errors.AsType[*wire.Error](err); ok {
		status, code, message = answer.Status, answer.Code, answer.Message
	} else if policy.IsDenied(err) {
		status, code = http.StatusForbidden, "AccessDeniedException"
	}
	name := strings.TrimSuffix(code, "Exception") + "Exception"
	if service == "Lambda" && name == "AccessDeniedException" {
		name = "AWSLambdaException" // AWS's SDK has no exception for this code, and uses that of all of Lambda
	}
	return &failure{Name: service + "." + name, Cause: fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s)", message, client, status, code)}
}

// refuse returns an error of the API. All of them have the status 400.
func refuse(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

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
