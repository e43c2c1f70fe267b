package orders

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The errors of a table whose contents are not what the caller expects.
var (
	ErrNotFound  = errors.New("there is no such order")
	ErrDifferent = errors.New("an order with other content was stored under this id")
)

// Table is the table of orders.
type Table struct {
	Client *dynamodb.Client
	Name   string          // Required: the table's name or ARN
	Checks []checker.Check // the checks that an order needs besides Account and Stock
}

// FromEnvironment returns the table in ORDERS_TABLE. CHECKS holds the names of Checks, and may be unset.
func FromEnvironment(env *lambdaenv.Env) *Table {
	return &Table{
		Client: dynamodb.NewFromConfig(env.AWS), Name: env.Required("ORDERS_TABLE"),
		Checks: lambdaenv.Parsed(env, "CHECKS", checker.ParseChecks),
	}
}

// Get reads an order. The read is strongly consistent: it sees every write that was answered before. The error is ErrNotFound if there is
// no such order. It needs dynamodb:GetItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (t *Table) Get(ctx context.Context, orderID string) (checker.Record, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(t.Name), Key: key(orderID), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return checker.Record{}, fmt.Errorf("reading order %s from table %s: %w", orderID, t.Name, err)
	}
	if len(out.Item) == 0 {
		return checker.Record{}, ErrNotFound
	}
	rec, err := fromItem(out.Item)
	if err != nil {
		return checker.Record{}, fmt.Errorf("reading order %s from table %s: %w", orderID, t.Name, err)
	}
	return rec, nil
}

// Create stores a new order, and returns it as it is stored. If the id exists, because the answer to a first attempt was lost or because of
// an earlier request with the same key, nothing changes. Create then returns the stored order, or ErrDifferent if that has other content.
// It needs dynamodb:PutItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
func (t *Table) Create(ctx context.Context, rec checker.Record) (checker.Record, error) {
	var created bool
	var there item.Item
	err := contention.Retry(ctx, func(ctx context.Context) (err error) {
		created, there, err = table.Put(ctx, t.Client, &dynamodb.PutItemInput{
			TableName:                           aws.String(t.Name),
			Item:                                toItem(rec),
			ConditionExpression:                 aws.String("attribute_not_exists(#order)"),
			ExpressionAttributeNames:            map[string]string{"#order": "orderId"},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	})
	if err != nil {
		return checker.Record{}, fmt.Errorf("storing order %s in table %s: %w", rec.OrderID, t.Name, err)
	}
	if created {
		return rec, nil
	}
	stored, err := fromItem(there)
	if err != nil {
		return checker.Record{}, fmt.Errorf("reading order %s from table %s: %w", rec.OrderID, t.Name, err)
	}
	if !stored.Same(rec.Order) {
		return checker.Record{}, ErrDifferent
	}
	return stored, nil
}
