// Command append-order is the function behind POST /order of the EventStream pattern: it checks the order, gives it an
// id, and appends it as an event to a Kinesis stream. An order that it answers with 202 is in the stream.
//
// Environment: STREAM_ARN; optional ALLOW_ORIGIN. IAM: kinesis:PutRecord on the stream.
package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		h := &handler{stream: kinesis.NewFromConfig(env.AWS), streamARN: env.Get("STREAM_ARN"), now: time.Now, answers: env.Answers()}
		return h.handle
	}, "STREAM_ARN")
}
