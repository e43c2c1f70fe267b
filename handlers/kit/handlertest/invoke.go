package handlertest

import (
	"reflect"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
)

// Invoke runs a function as the Lambda runtime does. errorType is the error name that Step Functions would get.
func Invoke(t testing.TB, function any, input []byte) (output, errorType string, err error) {
	t.Helper()
	out, err := lambda.NewHandler(function).Invoke(t.Context(), input)
	if err != nil {
		return "", reflect.Indirect(reflect.ValueOf(err)).Type().Name(), err
	}
	return string(out), "", nil
}
