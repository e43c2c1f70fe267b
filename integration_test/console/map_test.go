package console

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// nodes are those of each pattern's map: kind and name. The alarms' topic and the bucket of the code are not part of it.
var nodes = map[string][]string{
	"fanout": {
		"API fanout-api", "Lambda function fanout-publish-order", "SNS topic fanout-orders",
		"SQS queue fanout-store-order", "Lambda function fanout-store-order", "Dead-letter queue fanout-store-order-dead-letters", "DynamoDB table fanout-orders",
		"SQS queue fanout-write-invoice", "Lambda function fanout-write-invoice", "Dead-letter queue fanout-write-invoice-dead-letters", "S3 bucket fanout-invoices",
		"Lambda function fanout-get-order", "Lambda function fanout-get-invoice",
	},
	"orchestrator": {
		"API orchestrator-api", "State machine orchestrator", "Lambda function orchestrator-store-order-task", "Lambda function orchestrator-write-invoice-task",
		"Lambda function orchestrator-take-back-order-task", "SNS topic orchestrator-placed", "Dead-letter queue orchestrator-failures",
		"DynamoDB table orchestrator-orders", "S3 bucket orchestrator-invoices", "Lambda function orchestrator-get-order", "Lambda function orchestrator-get-invoice",
	},
	"eventstream": {
		"API eventstream-api", "Lambda function eventstream-append-order", "Kinesis stream eventstream-events",
		"Lambda function eventstream-project-order", "Dead-letter queue eventstream-project-order-failures", "DynamoDB table eventstream-orders",
		"Lambda function eventstream-invoice-order", "Dead-letter queue eventstream-invoice-order-failures", "S3 bucket eventstream-invoices",
		"Lambda function eventstream-get-order", "Lambda function eventstream-get-invoice",
	},
	"checker": {
		"API checker-api", "Lambda function checker-capture-order", "SNS topic checker-orders", "DynamoDB table checker-orders",
		"SQS queue checker-check-balance", "Lambda function checker-check-balance", "Dead-letter queue checker-check-balance-dead-letters",
		"SQS queue checker-check-stock", "Lambda function checker-check-stock", "Dead-letter queue checker-check-stock-dead-letters",
		"SQS queue checker-update-order", "Lambda function checker-update-order", "Dead-letter queue checker-update-order-dead-letters",
		"SQS queue checker-relay-order", "Lambda function checker-relay-order", "Dead-letter queue checker-relay-order-dead-letters",
		"Lambda function checker-ship-order", "Dead-letter queue checker-ship-order-failures", "DynamoDB table checker-accounts", "DynamoDB table checker-stock",
		"Lambda function checker-get-order-status", "Lambda function checker-update-account", "Lambda function checker-update-stock",
	},
}

func TestTheMapOfEachPatternShowsItsResources(t *testing.T) {
	p := open(t, desktop, "light")
	for _, pattern := range patterns {
		p.see("map-" + pattern)
		require.ElementsMatch(t, nodes[pattern], evaluate[[]string](p, `[...at($0).querySelectorAll('[data-testid^="node-"]')].map(
			e => e.querySelector('small').textContent + ' ' + e.title)`, "map-"+pattern), pattern)
	}
}
