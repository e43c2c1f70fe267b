// Package balances stores balances in a DynamoDB table: the money in the accounts of customers, or the pieces of products in stock. An item
// has its id as the key, balance (a number, exact and never negative) and updateTime (RFC 3339, UTC), the time of the last change.
//
// A balance is set, or an amount is added to it on the condition that it stays in range. Shipping an order subtracts from balances in a
// transaction, on the condition that they are sufficient. So the result of a check is only a forecast.
//
// The table also has an item for each addition that was made under an idempotency key: see Table.Add.
package balances

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/money"
)

// Table is a table of balances of one kind.
type Table struct {
	Client *dynamodb.Client
	Name   string // Required: the table's name or ARN
	Kind   Kind   // Required
}

var names = map[string]string{"#balance": "balance", "#time": "updateTime"}

func (t *Table) key(id string) item.Item { return item.Item{t.Kind.Key: item.String(id)} }

// FormatTime formats a time for updateTime.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// Set sets a balance to a new value. A new id is added. A write that conflicts with the transaction of a shipment is retried until the
// transaction is over, or ctx ends. It needs dynamodb:UpdateItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func (t *Table) Set(ctx context.Context, id string, balance money.Amount, now time.Time) error {
	err := contention.Retry(ctx, func(ctx context.Context) error {
		_, err := t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName:                 aws.String(t.Name),
			Key:                       t.key(id),
			UpdateExpression:          aws.String("SET #balance = :balance, #time = :time"),
			ExpressionAttributeNames:  names,
			ExpressionAttributeValues: item.Item{":balance": item.Decimal(balance.String()), ":time": item.String(FormatTime(now))},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("setting the balance of %s %s in table %s: %w", t.Kind.Key, id, t.Name, err)
	}
	return nil
}

// Debit returns the action of a transaction that subtracts want from its balance, on the condition that the balance is sufficient. It needs
// dynamodb:UpdateItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Update.html
func (t *Table) Debit(want Want, now time.Time) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                           aws.String(t.Name),
		Key:                                 t.key(want.ID),
		UpdateExpression:                    aws.String("SET #balance = #balance - :wanted, #time = :time"),
		ConditionExpression:                 aws.String("#balance >= :wanted"),
		ExpressionAttributeNames:            names,
		ExpressionAttributeValues:           item.Item{":wanted": item.Decimal(want.Amount.String()), ":time": item.String(FormatTime(now))},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}
