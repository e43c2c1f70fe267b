package awserr_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/awserr"
)

// answer is the error of a service that answered with this status and code.
func answer(status int, code string) error {
	return fmt.Errorf("writing: %w", &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: &smithy.GenericAPIError{Code: code},
	})
}

func TestTheCauseOfAnErrorHasNoIDs(t *testing.T) {
	for want, err := range map[string]error{
		"AccessDenied":           fmt.Errorf("order o1: %w", answer(403, "AccessDenied")),
		"no route":               fmt.Errorf("order o1: %w", fmt.Errorf("request 4711: %w", errors.New("no route"))),
		"alone":                  errors.New("alone"),
		"two\nmore":              fmt.Errorf("order o1: %w", errors.Join(errors.New("two"), errors.New("more"))),
		strings.Repeat("x", 199): errors.New(strings.Repeat("x", 199) + "é"),
	} {
		require.Equal(t, want, awserr.Cause(err))
	}
}

func TestAnErrorIsBusyPermanentOrMalformed(t *testing.T) {
	for name, c := range map[string]struct {
		err                        error
		busy, permanent, malformed bool
	}{
		"throttled":         {answer(400, "ThrottlingException"), true, false, false},
		"in a transaction":  {answer(400, "TransactionConflictException"), true, false, false},
		"too many requests": {answer(429, "New"), false, false, false},
		"no permission":     {answer(403, "AccessDenied"), false, true, false},
		"no such table":     {answer(400, "ResourceNotFoundException"), false, true, false},
		"malformed":         {answer(400, "ValidationException"), false, true, true},
		"another write":     {answer(409, "ConditionalRequestConflict"), false, false, false},
		"of the service":    {answer(500, "InternalError"), false, false, false},
		"no answer":         {errors.New("connection reset"), false, false, false},
		"none":              {nil, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []bool{c.busy, c.permanent, c.malformed}, []bool{awserr.Busy(c.err), awserr.Permanent(c.err), awserr.Malformed(c.err)})
		})
	}
}
