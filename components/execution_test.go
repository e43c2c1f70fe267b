package components

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The answer's orderid is cut out of the execution's ARN, which is longer for an Express execution.
func TestTheAnswerHasTheNameOfTheExecutionAsItsOrderID(t *testing.T) {
	cut, _, ok := strings.Cut(startedTemplate, `,"executionArn"`)
	require.True(t, ok)
	calls := regexp.MustCompile(`\.replaceAll\("([^"]*)",""\)`).FindAllStringSubmatch(cut, -1)
	require.NotEmpty(t, calls)
	for kind, arn := range map[string]string{
		"Standard": "arn:aws:states:eu-west-1:123456789012:execution:orders:my.order-1",
		"Express":  "arn:aws-us-gov:states:us-gov-west-1:123456789012:express:orders:my.order-1:fd9cb391-9ed9-4cb4-9a2f-4a1b1a4c5b6d",
	} {
		for _, call := range calls {
			arn = regexp.MustCompile(call[1]).ReplaceAllString(arn, "")
		}
		require.Equal(t, "my.order-1", arn, kind)
	}
}

func TestAnIntegrationIsInThePartitionAndRegionOfItsMachine(t *testing.T) {
	e := &Execution{NamePath: "$.order.orderid", InputPath: "$.order"}
	for arn, want := range map[string]string{
		"arn:aws:states:eu-west-1:123456789012:stateMachine:m":            "arn:aws:apigateway:eu-west-1:states:action/StartExecution",
		"arn:aws-cn:states:cn-north-1:123456789012:stateMachine:m":        "arn:aws-cn:apigateway:cn-north-1:states:action/StartExecution",
		"arn:aws-us-gov:states:us-gov-east-1:123456789012:stateMachine:m": "arn:aws-us-gov:apigateway:us-gov-east-1:states:action/StartExecution",
	} {
		doc, err := e.integration(arn, "arn:role", "*")
		require.NoError(t, err)
		require.Equal(t, want, doc["uri"])
	}
	_, err := e.integration("m", "arn:role", "*")
	require.ErrorContains(t, err, `"m" is no ARN`)
}

// A route whose machine or function does not exist yet must not become a document without it.
func TestARouteWithoutATargetIsRefused(t *testing.T) {
	execution := Route{Execution: &Execution{NamePath: "$.id", InputPath: "$.a"}}
	for _, target := range []any{"", nil, []string{}, []string{"arn:aws:states:eu-west-1:1:stateMachine:m"}, []string{"", "arn:role"}, []string{"arn:aws:states:eu-west-1:1:stateMachine:m", ""}} {
		_, err := execution.integration(target, "*")
		require.ErrorContains(t, err, "its target has no ARN", target)
	}
}
