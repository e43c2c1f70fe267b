// Command write-invoice-task is the Orchestrator's task that writes the invoice of an order to an S3 bucket.
//
// Input: {"order": the order in its canonical form}. Output: {"invoiceid", "key"}, which depend only on the order. The task is idempotent:
// there is one invoice, and the output is the same.
//
// Errors: InvalidOrder, also for a completion, which has no invoice; InvoiceUnavailable, which is worth a retry; InvoiceRefused, which is
// not.
//
// Environment: BUCKET_NAME. IAM: s3:PutObject on invoices/* of the bucket.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{invoices: &invoice.Writer{Client: s3.NewFromConfig(env.AWS), Bucket: env.Required("BUCKET_NAME")}}
	env.Start(h.handle)
}
