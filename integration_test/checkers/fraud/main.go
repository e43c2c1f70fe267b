// Command fraud is a checker of somebody else: it knows the checks of orders by the documented messages only. Customers whose id ends
// with -fraud do not pass.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/sqsbatch"
)

type checker struct {
	client   *sqs.Client
	findings string
}

func main() {
	env := lambdaenv.Setup()
	c := checker{sqs.NewFromConfig(env.AWS), env.Required("FINDINGS_QUEUE_URL")}
	env.Start(sqsbatch.New(env).Handler(10, c.check))
}

func (c checker) check(ctx context.Context, m events.SQSMessage) error {
	var order struct{ OrderID, CustomerID string }
	if err := json.Unmarshal([]byte(m.Body), &order); err != nil {
		return permanent.Error(err)
	}
	passed, log := true, "No fraud is known"
	if strings.HasSuffix(order.CustomerID, "-fraud") {
		passed, log = false, "Known for fraud"
	}
	finding := fmt.Sprintf(`{"orderId":%q,"check":"fraud","passed":%t,"log":%q}`, order.OrderID, passed, log)
	_, err := c.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(c.findings), MessageBody: aws.String(finding)})
	return err
}
