// Command invoice-order is the EventStream pattern's reader that writes an invoice to an S3 bucket for each new order of a Kinesis batch.
// If an event is delivered again, its invoice exists, and none is written.
//
// Environment: BUCKET_NAME, FAILURES_URL. IAM: s3:PutObject on invoices/* of the bucket; sqs:SendMessage on the failure queue, which Lambda
// needs too; reading the stream, which Lambda does with this role.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{reader: kinesisbatch.New(env), invoices: &invoice.Writer{Client: s3.NewFromConfig(env.AWS), Bucket: env.Required("BUCKET_NAME")}}
	env.Start(h.handle)
}
