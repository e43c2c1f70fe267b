// Command publish-order is the function behind POST /order of the FanOut pattern: it checks the order, gives it
// an id, and publishes it to an SNS topic. An order that it answers with 202 is in the topic.
//
// Environment: TOPIC_ARN; optional ALLOW_ORIGIN. IAM: sns:Publish on the topic.
package main

import (
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	lambdaenv.Main(func(env lambdaenv.Env) any {
		h := &handler{topic: sns.NewFromConfig(env.Retrying("Throttled")), topicARN: env.Get("TOPIC_ARN"), answers: env.Answers()}
		return h.handle
	}, "TOPIC_ARN")
}
