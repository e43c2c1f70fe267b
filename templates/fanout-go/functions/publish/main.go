// Command publish answers POST /greeting: it publishes {"name": "..."} to the topic.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	p := publisher{topic: sns.NewFromConfig(env.AWS), topicARN: env.Required("TOPIC_ARN")}
	env.Start(httpapi.Answers{AllowOrigin: os.Getenv("ALLOW_ORIGIN")}.Handler("publish a greeting", p.publish))
}

type publisher struct {
	topic    *sns.Client
	topicARN string
}

func (p publisher) publish(ctx context.Context, r httpapi.Request) (status int, body any, err error) {
	var greeting struct {
		Name string `json:"name"`
	}
	if fault := httpapi.Decode(r, httpapi.MaxBody, &greeting); fault != nil {
		return 0, nil, fault
	}
	if greeting.Name == "" {
		return 0, nil, httpapi.Errorf(http.StatusBadRequest, "name: is required")
	}
	if _, err := p.topic.Publish(ctx, &sns.PublishInput{TopicArn: &p.topicARN, Message: &r.Body}); err != nil {
		return 0, nil, fmt.Errorf("publishing to %s: %w", p.topicARN, err)
	}
	return http.StatusAccepted, map[string]string{"name": greeting.Name}, nil
}
