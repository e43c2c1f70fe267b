package orderbook

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The reasons for which an order is not what a caller expected.
var (
	ErrNotFound  = errors.New("there is no such order")
	ErrDifferent = errors.New("another order was captured under this id")
)

// Book is the table of orders.
type Book struct {
	Client *dynamodb.Client
	Table  string // Required: the table's name or ARN
}

// Get reads an order. The read is strongly consistent: it sees every write that has been answered. The error is
// ErrNotFound if there is none. Needs dynamodb:GetItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (b *Book) Get(ctx context.Context, orderID string) (checker.Record, error) {
	out, err := b.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(b.Table), Key: key(orderID), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return checker.Record{}, fmt.Errorf("reading order %s from table %s: %w", orderID, b.Table, err)
	}
	if len(out.Item) == 0 {
		return checker.Record{}, ErrNotFound
	}
	rec, err := fromItem(out.Item)
	if err != nil {
		return checker.Record{}, fmt.Errorf("reading order %s from table %s: %w", orderID, b.Table, err)
	}
	return rec, nil
}

// Capture stores an order that is new, and gives it as it is stored. If its id is taken, by a first try whose answer was
// lost or by an earlier request with the same key, nothing is changed: it gives the order that is there, or ErrDifferent
// if that asks for something else. Needs dynamodb:PutItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
func (b *Book) Capture(ctx context.Context, rec checker.Record) (checker.Record, error) {
	err := contention.Retry(ctx, func(ctx context.Context) error {
		_, err := b.Client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName:                           aws.String(b.Table),
			Item:                                toItem(rec),
			ConditionExpression:                 aws.String("attribute_not_exists(#order)"),
			ExpressionAttributeNames:            map[string]string{"#order": "orderId"},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	if err == nil {
		return rec, nil
	}
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return checker.Record{}, fmt.Errorf("storing order %s in table %s: %w", rec.OrderID, b.Table, err)
	}
	stored, err := fromItem(failed.Item)
	if err != nil {
		return checker.Record{}, fmt.Errorf("reading order %s from table %s: %w", rec.OrderID, b.Table, err)
	}
	if !stored.Same(rec.Order) {
		return checker.Record{}, ErrDifferent
	}
	return stored, nil
}
