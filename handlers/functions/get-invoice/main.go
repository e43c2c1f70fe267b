// Command get-invoice is the function behind GET /invoice: a URL, valid for an hour, of an account's latest
// invoice, or of its latest at one vendor.
//
// Environment: BUCKET_NAME; optional ALLOW_ORIGIN. IAM: s3:ListBucket on the bucket, to find the invoice;
// s3:GetObject on its invoices/*, which S3 checks when the URL is used.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/order-patterns/order-patterns/handlers/coffee/invoice"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		client := s3.NewFromConfig(env.AWS)
		h := &handler{
			invoices: &invoice.Finder{List: client, Presign: s3.NewPresignClient(client), Bucket: env.Get("BUCKET_NAME")},
			answers:  env.Answers(),
		}
		return h.handle
	}, "BUCKET_NAME")
}
