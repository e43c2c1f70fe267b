// Command check-stock is the CheckerPipeline's check that everything that was ordered is there: it compares the pieces
// of each product with the stock, and sends what it finds to the queue of findings.
//
// Environment: STOCK_TABLE, FINDINGS_QUEUE_URL. IAM: dynamodb:BatchGetItem on the table; sqs:SendMessage on the queue of
// findings; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its own queue, which Lambda uses to read
// it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/checker/check"
	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/order/checker"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		j := &judge{stock: &ledger.Ledger{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("STOCK_TABLE"), Kind: ledger.Stock}}
		c := &check.Checker{
			Check: checker.Stock, Findings: sqs.NewFromConfig(env.AWS), QueueURL: env.Get("FINDINGS_QUEUE_URL"), Judge: j.judge,
		}
		return c.Handle
	}, "STOCK_TABLE", "FINDINGS_QUEUE_URL")
}
