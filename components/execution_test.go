package components

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnIntegrationIsInThePartitionAndRegionOfItsMachine(t *testing.T) {
	e := &Execution{IdPath: "$.order.orderid"}
	for arn, want := range map[string]string{
		"arn:aws:states:eu-west-1:123456789012:stateMachine:m":            "arn:aws:apigateway:eu-west-1:states:action/StartExecution",
		"arn:aws-cn:states:cn-north-1:123456789012:stateMachine:m":        "arn:aws-cn:apigateway:cn-north-1:states:action/StartExecution",
		"arn:aws-us-gov:states:us-gov-east-1:123456789012:stateMachine:m": "arn:aws-us-gov:apigateway:us-gov-east-1:states:action/StartExecution",
	} {
		doc, err := e.integration(arn, "arn:role", "*", false)
		require.NoError(t, err)
		require.Equal(t, want, doc["uri"])
	}
	_, err := e.integration("m", "arn:role", "*", false)
	require.ErrorContains(t, err, `"m" is not an ARN`)
}

// A route to a machine or function that does not exist yet must not be left out of the document.
func TestARouteWithoutATargetIsRefused(t *testing.T) {
	execution := Route{Execution: &Execution{IdPath: "$.id"}}
	for _, target := range []any{"", nil, []string{}, []string{"arn:aws:states:eu-west-1:1:stateMachine:m"}, []string{"", "arn:role"}, []string{"arn:aws:states:eu-west-1:1:stateMachine:m", ""}} {
		_, err := execution.integration(target, "*", AuthNone)
		require.ErrorContains(t, err, "its target has no ARN", target)
	}
}
