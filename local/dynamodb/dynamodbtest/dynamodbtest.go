// Package dynamodbtest runs the embedded DynamoDB alone, behind a real endpoint, for tests of programs that use it: it
// evaluates the conditions that they send.
package dynamodbtest

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

// Item is an item, or its key.
type Item = map[string]types.AttributeValue

// DynamoDB is an embedded DynamoDB.
type DynamoDB struct {
	// Client may do everything, and does not retry.
	Client *sdk.Client

	cloud *cloudtest.Cloud
}

// Start starts a DynamoDB without tables, which ends with the test.
func Start(t testing.TB) *DynamoDB {
	t.Helper()
	cloud := cloudtest.New()
	cloud.Serve(t, dynamodb.New(cloud.Account))
	return &DynamoDB{Client: sdk.NewFromConfig(cloud.Admin), cloud: cloud}
}

// Table makes an on-demand table whose partition key is a string, and returns its name.
func (d *DynamoDB) Table(t testing.TB, name, key string) string {
	t.Helper()
	d.cloud.MustDeploy(t, "aws:dynamodb/table:Table", map[string]any{
		"name": name, "hashKey": key, "billingMode": "PAY_PER_REQUEST", "attributes": []any{map[string]any{"name": key, "type": "S"}},
	})
	return name
}

// Role returns a client that may do what the policy document allows.
func (d *DynamoDB) Role(t testing.TB, name, document string) *sdk.Client {
	t.Helper()
	_, config := d.cloud.Role(t, name, document)
	return sdk.NewFromConfig(config)
}

// ARN is the ARN of a table.
func ARN(table string) string { return dynamodb.TableARN(table) }

// Fault puts a rule in force, and returns the function that removes it.
func (d *DynamoDB) Fault(r fault.Rule) (remove func()) { return d.cloud.Account.Faults.Add(r) }

// Answer is what a rule does that answers with an error: a *wire.Error is rendered as DynamoDB does it.
func Answer(err error) func(context.Context, fault.Event) error {
	return func(context.Context, fault.Event) error { return err }
}

// Put stores an item, whatever was there.
func (d *DynamoDB) Put(t testing.TB, table string, item Item) {
	t.Helper()
	_, err := d.Client.PutItem(context.Background(), &sdk.PutItemInput{TableName: &table, Item: item})
	require.NoError(t, err)
}

// Get reads an item, or nil.
func (d *DynamoDB) Get(t testing.TB, table, key, value string) Item {
	t.Helper()
	out, err := d.Client.GetItem(context.Background(), &sdk.GetItemInput{
		TableName: &table, Key: Item{key: &types.AttributeValueMemberS{Value: value}}, ConsistentRead: aws.Bool(true),
	})
	require.NoError(t, err)
	return out.Item
}
