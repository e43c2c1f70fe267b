package deployment

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/stack"
)

func TestAnUpdateThatFailsIsReportedWithItsReasonsOnly(t *testing.T) {
	status := errors.New("exit status 255")
	failed := func(output string) error {
		return &stack.Error{Args: []string{"up", "--yes"}, Output: output, Err: status}
	}
	err := withReasons(failed("Updating (local):\n +  aws:sqs:Queue q creating\nDiagnostics:\n  aws:sqs:Queue (q):\n    error: a name is needed\n\nResources:\n    1 errored\n"))
	require.EqualError(t, err, "pulumi up: exit status 255\n  aws:sqs:Queue (q):\n    error: a name is needed")
	require.ErrorIs(t, err, status)

	err = withReasons(failed("error: there is no stack"))
	require.EqualError(t, err, "pulumi up: exit status 255\nerror: there is no stack")
	require.NoError(t, withReasons(nil))
}
