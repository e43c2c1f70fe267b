// Command write-invoice is the FanOut pattern's consumer that writes an invoice to an S3 bucket for each new order of an SQS batch. If an
// order is delivered again, its invoice exists, and none is written.
//
// Environment: BUCKET_NAME, QUEUE_URL, DEAD_LETTERS_URL. IAM: s3:PutObject on invoices/* of the bucket; sqs:ChangeMessageVisibility on its
// queue; sqs:SendMessage on its dead-letter queue; sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes on its queue, which
// Lambda uses to read it.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{queue: sqsbatch.New(env), invoices: &invoice.Writer{Client: s3.NewFromConfig(env.AWS), Bucket: env.Required("BUCKET_NAME")}}
	env.Start(h.handle)
}
