// Command write-invoice-task is the Orchestrator's task that writes the invoice of an order to an S3 bucket.
//
// Input: {"order": the order in its canonical form}. Output: {"invoiceid", "key"}. Both follow from the order alone:
// repeated, it gives the same answer, and there is one invoice.
//
// Errors: InvalidOrder, for a completion too, which has no invoice; InvoiceUnavailable, which is worth another try, and
// InvoiceRefused, which is not.
//
// Environment: BUCKET_NAME. IAM: s3:PutObject on invoices/* of the bucket.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		return newTask(&invoice.Writer{Client: s3.NewFromConfig(env.AWS), Bucket: env.Get("BUCKET_NAME")}).Handle
	}, "BUCKET_NAME")
}
