package components_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// withCheckers deploys a CheckerPipeline with orders, and with the checkers fraud and age.
func withCheckers(t *testing.T) *cloud {
	return checkerPipeline(t, func(a *components.CheckerPipelineArgs) {
		a.Checkers = map[string]components.Checker{
			"fraud": {Function: own(t), Queue: components.QueueSettings{BatchSize: pulumi.Int(3)}},
			"age":   {Function: own(t)},
		}
	})
}

func TestOwnCheckersReadTheTopicAndSendFindings(t *testing.T) {
	c := withCheckers(t)
	const findings = "https://queue/checker-update-order"
	for name, batch := range map[string]float64{"fraud": 3, "age": 10} {
		full := "checker-" + name
		has(t, c.inputs(t, mappingType, full+"-mapping"), map[string]any{
			"eventSourceArn": "arn:queue/" + full, "functionName": "arn:function/" + full, "batchSize": batch,
			"functionResponseTypes": []any{"ReportBatchItemFailures"},
		})
		has(t, c.inputs(t, subscriptionType, full+"-subscription"), map[string]any{
			"topic": "arn:topic/checker-orders", "endpoint": "arn:queue/" + full, "rawMessageDelivery": true, "filterPolicy": nil,
		})
		require.Equal(t, "arn:queue/"+full+"-dead-letters",
			c.document(t, "aws:sqs/redrivePolicy:RedrivePolicy", full+"-redrive", "redrivePolicy")["deadLetterTargetArn"])
		has(t, c.inputs(t, functionType, full), map[string]any{"memorySize": 512.0, "timeout": 30.0})
		require.Equal(t, map[string]any{
			"FINDINGS_QUEUE_URL": findings, "QUEUE_URL": "https://queue/" + full, "DEAD_LETTERS_URL": "https://queue/" + full + "-dead-letters", "PATTERN": "checker",
		}, variables(t, c, full))
		got, _ := grants(t, c, full)
		require.Empty(t, cmp.Diff(everyFunctionMay(full, map[string]any{
			"SendFinding":    allow("arn:queue/checker-update-order", "sqs:SendMessage"),
			"TakeMessages":   allow("arn:queue/"+full, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
			"GiveUpMessages": allow("arn:queue/"+full+"-dead-letters", "sqs:SendMessage"),
		}), got))
		for _, what := range []string{"-age", "-dead-letters", "-errors", "-throttles", "-duration"} {
			require.Contains(t, alarmNames(c, "checker"), name+what)
		}
	}
	rejections := chartsOf(t, "checker", c)["Rejected orders per minute"]
	require.Equal(t, "OrderPatterns Rejected Sum Pattern=checker Reason=Check", rejections[len(rejections)-1])
	require.NotContains(t, chartsOf(t, "checker", checkerPipeline(t, nil))["Rejected orders per minute"], "OrderPatterns Rejected Sum Pattern=checker Reason=Check")
}

func TestOnlyFunctionsThatReadFindingsGetTheNamesOfTheChecks(t *testing.T) {
	with, without := withCheckers(t), checkerPipeline(t, nil)
	for _, function := range functions["checker"] {
		require.NotContains(t, variables(t, without, "checker-"+function), "CHECKS", function)
		switch function {
		case "capture-order", "update-order", "relay-order":
			require.Equal(t, "age,fraud", variables(t, with, "checker-"+function)["CHECKS"], function)
		default:
			require.NotContains(t, variables(t, with, "checker-"+function), "CHECKS", function)
		}
	}
}

// An update-order that does not know a check would ship orders without it, and refuse its findings. An order that is published before the
// checker's subscription exists waits until it is published again.
func TestAnUpdateDeploysUpdateOrderThenTheCheckersThenCaptureOrder(t *testing.T) {
	c := withCheckers(t)
	capture := c.dependencies(t, functionType, "checker-capture-order")
	require.Contains(t, capture, "function/checker-update-order")
	for _, name := range []string{"checker-fraud", "checker-age"} {
		require.Contains(t, c.dependencies(t, functionType, name), "function/checker-update-order")
		require.Contains(t, capture, "topicsubscription/"+name+"-subscription")
		require.Contains(t, c.dependencies(t, stageType, "checker-api"), "topicsubscription/"+name+"-subscription")
	}
	require.NotContains(t, checkerPipeline(t, nil).dependencies(t, functionType, "checker-capture-order"), "function/checker-update-order")
}

func TestCheckersAddNothingElse(t *testing.T) {
	before := checkerPipeline(t, nil)
	for key := range withCheckers(t).registered {
		if _, known := before.registered[key]; !known {
			name := strings.TrimPrefix(key[strings.LastIndex(key, " ")+1:], "checker-")
			require.Regexp(t, `^(fraud|age)(-|$)`, name, key)
		}
	}
}

func TestCheckersOfOrdersReportAllErrorsTogether(t *testing.T) {
	refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{
		Common: inFolder(t), Authorizer: open, Orders: &components.CheckerPipelineOrders{},
		Checkers: map[string]components.Checker{
			"stock":       {Function: own(t)},
			"check-stock": {Function: own(t)},
			"a_b":         {Function: own(t)},
			"empty":       {},
			"filtered":    {Function: own(t), FilterPolicy: pulumi.String(`{"totalAmount":[{"numeric":[">",100]}]}`), Queue: components.QueueSettings{BatchSize: pulumi.Int(11)}},
		},
		Collect: &components.Function{}, Finish: &components.Function{}, CollectQueue: components.QueueSettings{BatchSize: pulumi.Int(1)},
	}, []string{
		"Checkers.stock: is the name of a check of Orders", "Checkers.check-stock: has the same name as Orders.Functions.check-stock",
		`Checkers.a_b: a name must be a letter, and then letters, digits and hyphens, got "a_b"`, "Checkers.empty.Function.Code: is required",
		"Checkers.filtered.FilterPolicy: cannot be set with Orders: an order that the function does not get would wait forever",
		"Checkers.filtered.Queue.BatchingWindowSeconds: must be at least 1",
		"Collect: is accepted only without Orders", "CollectQueue: is accepted only without Orders", "Finish: is accepted only without Orders",
	})
	many := map[string]components.Checker{}
	for i := range components.MaxCheckers + 1 {
		many[fmt.Sprint("c", i)] = components.Checker{Function: own(t)}
	}
	refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{
		Common: inFolder(t), Authorizer: open, Orders: &components.CheckerPipelineOrders{}, Checkers: many,
	}, []string{"Checkers: must be at most 20 with Orders, got 21"})
}
