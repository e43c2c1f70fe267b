// The function of the console's tests. It publishes to TOPIC, or puts an item into TABLE, and fails if its event contains "poison".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	if strings.Contains(string(event), "poison") {
		return nil, errors.New("poison")
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if topic := os.Getenv("TOPIC"); topic != "" {
		_, err = sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{TopicArn: &topic, Message: aws.String("message")})
	}
	if table := os.Getenv("TABLE"); table != "" {
		_, err = dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{
			TableName: &table, Item: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}},
		})
	}
	return map[string]any{"statusCode": 202}, err
}

func TestMain(*testing.M) { lambda.Start(handle) }
