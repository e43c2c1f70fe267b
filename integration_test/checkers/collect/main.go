// Command collect takes the findings of one checker, and does not wait for the function that finishes what has passed.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

type collector struct {
	client *lambda.Client
	finish string
}

func main() {
	env := lambdaenv.Setup()
	c := collector{lambda.NewFromConfig(env.AWS), env.Required("FINISH_FUNCTION")}
	env.Start(sqsbatch.New(env).Handler(10, c.collect))
}

func (c collector) collect(ctx context.Context, m events.SQSMessage) error {
	var finding struct{ Passed bool }
	if err := json.Unmarshal([]byte(m.Body), &finding); err != nil {
		return permanent.Error(err)
	}
	if !finding.Passed {
		return nil
	}
	_, err := c.client.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: aws.String(c.finish), InvocationType: types.InvocationTypeEvent, Payload: []byte(m.Body),
	})
	return err
}
