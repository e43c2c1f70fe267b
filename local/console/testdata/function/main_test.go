// The function of the console's tests. It publishes to TOPIC, or puts an item into TABLE, and fails if its event contains "poison".
// It logs what it did for an order, such as order-1, if its event contains one.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	order := regexp.MustCompile(`order-\d+`).FindString(string(event))
	log := func(outcome string) {
		trace := strings.TrimPrefix(strings.Split(os.Getenv("_X_AMZN_TRACE_ID"), ";")[0], "Root=")
		fmt.Printf(`{"timestamp":%q,"level":"INFO","message":"order %s","id":%q,"account":"of-%s","outcome":%q,"traceId":%q}`+"\n", time.Now().Format(time.RFC3339Nano), outcome, order, order, outcome, trace)
	}
	if strings.Contains(string(event), "poison") {
		log("failed")
		return nil, errors.New("poison")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if topic := os.Getenv("TOPIC"); topic != "" {
		log("taken")
		_, err = sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: &topic, Message: aws.String(strings.TrimSpace("message " + order))})
	}
	if table := os.Getenv("TABLE"); table != "" {
		_, err = dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &table, Item: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: cmp.Or(order, "1")}},
		})
		log("kept")
	}
	return map[string]any{"statusCode": 202}, err
}

func TestMain(*testing.M) { lambda.Start(handle) }
