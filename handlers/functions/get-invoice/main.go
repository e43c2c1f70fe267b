// Command get-invoice is the function behind GET /invoice: it returns a URL, valid for an hour, of an account's latest
// invoice, or of its latest at one vendor.
//
// Environment: BUCKET_NAME; optional ALLOW_ORIGIN, AUTH. IAM: s3:ListBucket on the bucket, to find the invoice; s3:GetObject on
// its invoices/*, which S3 checks when the URL is used.
package main

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	client := s3.NewFromConfig(env.AWS)
	h := &handler{
		invoices: &invoice.Finder{List: client, Presign: s3.NewPresignClient(client), Bucket: env.Required("BUCKET_NAME")},
		answers:  httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")},
		callers:  caller.FromEnvironment(env),
	}
	env.Start(h.handle)
}
