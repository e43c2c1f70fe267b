// Command publish-order is the function behind POST /order of the FanOut pattern. It parses the order, assigns an id,
// and publishes the order to an SNS topic. The answer 202 means that the order is in the topic.
//
// Environment: TOPIC_ARN; optional ALLOW_ORIGIN, AUTH. IAM: sns:Publish on the topic.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		topic:    sns.NewFromConfig(env.Retrying("Throttled")),
		topicARN: env.Required("TOPIC_ARN"),
		now:      time.Now,
		answers:  httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")},
		callers:  caller.FromEnvironment(env),
	}
	env.Start(h.handle)
}
