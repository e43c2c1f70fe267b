// Command check-balance is the CheckerPipeline's check that the customer of an order can pay it: it compares the order's
// total with the balance of the account, and sends what it finds to the queue of findings.
//
// Environment: ACCOUNTS_TABLE, FINDINGS_QUEUE_URL. IAM: dynamodb:GetItem on the table; sqs:SendMessage on the queue of
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
		j := &judge{accounts: &ledger.Ledger{Client: dynamodb.NewFromConfig(env.AWS), Table: env.Get("ACCOUNTS_TABLE"), Kind: ledger.Accounts}}
		c := &check.Checker{
			Check: checker.Account, Findings: sqs.NewFromConfig(env.AWS), QueueURL: env.Get("FINDINGS_QUEUE_URL"), Judge: j.judge,
		}
		return c.Handle
	}, "ACCOUNTS_TABLE", "FINDINGS_QUEUE_URL")
}
