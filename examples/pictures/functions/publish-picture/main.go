// Command publish-picture is the function behind POST /picture. It stores the original of a picture, and publishes the picture to an
// SNS topic. The answer 202 means that both are done.
//
// Body: {"id", "owner", "title", and either "image", which is an image in base64, or "key" of an object in the bucket, and
// optionally "bucket"}.
//
// Environment: PICTURES_BUCKET, TOPIC_ARN; optional ALLOW_ORIGIN, AUTH.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/examples/pictures/picture"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	h := &handler{
		bucket: picture.BucketOf(env), topic: sns.NewFromConfig(env.Retrying("Throttled")), topicARN: env.Required("TOPIC_ARN"),
		callers: caller.FromEnvironment(env), now: time.Now,
	}
	env.Start(httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")}.Handler("publish picture", h.publish))
}
