// Command check-stock is the checker pattern's check that the products of an order are available: it compares the pieces
// of each product with the stock, and sends its finding to the queue of findings.
//
// Environment: STOCK_TABLE, FINDINGS_QUEUE_URL, QUEUE_URL, DEAD_LETTERS_URL. IAM: dynamodb:BatchGetItem on the table;
// sqs:SendMessage on the queue of findings and on its own dead-letter queue; sqs:ChangeMessageVisibility on its own queue;
// sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its own queue, which Lambda uses to read it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/checker/findings"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		queue:    sqsbatch.New(env),
		stock:    &balances.Table{Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("STOCK_TABLE"), Kind: balances.Stock},
		findings: &findings.Queue{Client: sqs.NewFromConfig(env.AWS), URL: env.Required("FINDINGS_QUEUE_URL")},
	}
	env.Start(h.handle)
}
