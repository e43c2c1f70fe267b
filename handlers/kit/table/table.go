// Package table stores items in a DynamoDB table. The result does not depend on how often a message is delivered, or on the order of
// messages. Each write is one conditional PutItem, which compares and writes in one step. Nothing is read first, so no write is based on
// stale data.
//
//   - [Table.PutOnce] stores an item once: the first one stays.
//   - [Table.PutNewest] stores an item if the table has none of a higher rank: the newest one stays.
//
// A message that arrives late would create a deleted item again. So with PutNewest, store a tombstone instead of deleting: an item of a
// higher rank that means that there is nothing, with a time to live that is longer than any message can be late.
//
// An item that takes part in transactions may be refused because of another write; see package contention.
package table

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
)

// PutItemAPI is the part of a DynamoDB client that writes. It needs dynamodb:PutItem on the table.
type PutItemAPI interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// GetItemAPI is the part of a DynamoDB client that reads. It needs dynamodb:GetItem on the table.
type GetItemAPI interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Table is a DynamoDB table. All fields are required, except those for methods that are not called.
type Table struct {
	Writer PutItemAPI
	Reader GetItemAPI
	Name   string // the table's name or ARN
	Key    string // the name of the partition key
}

// PutOnce stores an item if the table has none with its key. Otherwise stored is false, existing is the item in the table, and the error is
// nil. After an error the result is unknown; calling PutOnce again is safe.
func (t *Table) PutOnce(ctx context.Context, it item.Item) (stored bool, existing item.Item, err error) {
	return Put(ctx, t.Writer, &dynamodb.PutItemInput{
		TableName: aws.String(t.Name), Item: it, ConditionExpression: aws.String("attribute_not_exists(#key)"),
		ExpressionAttributeNames:            map[string]string{"#key": t.Key},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
}

// PutNewest stores an item, unless the table has an item with the same key and a higher rank: then stored is false, and the error is nil.
// The rank is the list of attributes named rank, at least one, which are compared in order. Each must be of type N in all items, or of type
// S in all items, and the item must have all of them. An item of the same rank is written again. So different items of one key need
// different ranks: for example the time of a change, and then a hash of the content. After an error the result is unknown; calling
// PutNewest again is safe.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
func (t *Table) PutNewest(ctx context.Context, it item.Item, rank ...string) (stored bool, err error) {
	names, values := map[string]string{"#key": t.Key}, item.Item{}
	for i, attribute := range rank {
		value, ok := it[attribute]
		if !ok {
			return false, fmt.Errorf("the item has no attribute %s, which is part of its rank", attribute)
		}
		names[fmt.Sprint("#r", i)], values[fmt.Sprint(":r", i)] = attribute, value
	}
	stored, _, err = Put(ctx, t.Writer, &dynamodb.PutItemInput{
		TableName: aws.String(t.Name), Item: it, ConditionExpression: aws.String("attribute_not_exists(#key) OR " + NotNewer(len(rank))),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	})
	return stored, err
}

// NotNewer returns the condition that the n attributes #r0, #r1, ... of the item in the table, compared in order, are not greater than the
// values :r0, :r1, ...
func NotNewer(n int) string {
	var b strings.Builder
	for i := range n - 1 {
		fmt.Fprintf(&b, "#r%d < :r%d OR (#r%d = :r%d AND (", i, i, i, i)
	}
	fmt.Fprintf(&b, "#r%d <= :r%d", n-1, n-1)
	b.WriteString(strings.Repeat("))", n-1))
	return b.String()
}

// Get reads the item with a key. It returns nil if there is none. The read is strongly consistent: it sees every write that was answered
// before.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (t *Table) Get(ctx context.Context, key item.Item) (item.Item, error) {
	out, err := t.Reader.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(t.Name), Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	return out.Item, nil
}

// Put puts an item if its condition holds. Otherwise stored is false and the error is nil; existing is the item in the table, if
// in.ReturnValuesOnConditionCheckFailure asks for it.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
func Put(ctx context.Context, client PutItemAPI, in *dynamodb.PutItemInput) (stored bool, existing item.Item, err error) {
	_, err = client.PutItem(ctx, in)
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		return false, failed.Item, nil
	}
	return err == nil, nil, err
}
