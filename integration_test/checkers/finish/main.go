// Command finish sends the id of what has passed to the queue RESULTS_URL. It fails if the id ends with -fails.
package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func main() {
	env := lambdaenv.Setup()
	client, results := sqs.NewFromConfig(env.AWS), env.Required("RESULTS_URL")
	env.Start(func(ctx context.Context, finding struct{ OrderID string }) error {
		if strings.HasSuffix(finding.OrderID, "-fails") {
			return fmt.Errorf("%s cannot be finished", finding.OrderID)
		}
		_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(results), MessageBody: aws.String(finding.OrderID)})
		return err
	})
}
