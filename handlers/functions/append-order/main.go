// Command append-order is the function behind POST /order of the EventStream pattern. It parses the order, assigns an
// id, and appends the order as an event to a Kinesis stream. The answer 202 means that the order is in the stream.
//
// Environment: STREAM_ARN; optional ALLOW_ORIGIN, AUTH. IAM: kinesis:PutRecord on the stream.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		stream:    kinesis.NewFromConfig(env.AWS),
		streamARN: env.Required("STREAM_ARN"),
		now:       time.Now,
		answers:   httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")},
		callers:   caller.FromEnvironment(env),
	}
	env.Start(h.handle)
}
