// Package dynamodbtest runs an embedded cloud for tests of programs that use DynamoDB. It evaluates their conditions and their permissions.
package dynamodbtest

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/localtest"
)

// Item is an item, or its key.
type Item = map[string]types.AttributeValue

// DynamoDB is an embedded DynamoDB.
type DynamoDB struct {
	// Client has all permissions, and does not retry.
	Client *sdk.Client

	cloud *localtest.Cloud
}

// Start starts a DynamoDB without tables. It stops with the test.
func Start(t testing.TB) *DynamoDB {
	t.Helper()
	cloud := localtest.Start(t)
	return &DynamoDB{Client: client(cloud.Config()), cloud: cloud}
}

// client returns a client that does not retry.
func client(config aws.Config) *sdk.Client {
	config.RetryMaxAttempts = 1
	config.HTTPClient = &httpClient{awshttp.NewBuildableClient()}
	return sdk.NewFromConfig(config)
}

// httpClient hides WriteTo of the bodies of requests. The SDK closes a body as soon as the response begins. WriteTo of a closed body
// returns io.EOF as
// an error, for which net/http closes the connection. A client that retries hides this.
//
// https://github.com/aws/smithy-go/blob/v1.28.8/transport/http/internal/io/safe.go
type httpClient struct{ sdk aws.HTTPClient }

// Do sends a request.
func (c *httpClient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.sdk.Do(r)
}

// Table creates an on-demand table whose partition key is a string, and returns its name.
func (d *DynamoDB) Table(t testing.TB, name, key string) string {
	t.Helper()
	d.cloud.Deploy(t, "aws:dynamodb/table:Table", map[string]any{
		"name": name, "hashKey": key, "billingMode": "PAY_PER_REQUEST", "attributes": []any{map[string]any{"name": key, "type": "S"}},
	})
	return name
}

// Role returns a client with the permissions of the policy document. It does not retry.
func (d *DynamoDB) Role(t testing.TB, name, document string) *sdk.Client {
	t.Helper()
	return client(d.cloud.Role(t, name, document))
}

// ARN returns the ARN of a table.
func ARN(table string) string { return dynamodb.TableARN(table) }

// Fault adds a fault rule, and returns a function that removes it.
func (d *DynamoDB) Fault(r fault.Rule) (remove func()) { return d.cloud.Account.Faults.Add(r) }

// Answer returns the action of a fault rule that answers with an error. A *wire.Error is rendered as DynamoDB does.
func Answer(err error) func(context.Context, fault.Event) error {
	return func(context.Context, fault.Event) error { return err }
}

// Put stores or replaces an item.
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
