// Package ledger keeps balances in a DynamoDB table: the money in customers' accounts, or the pieces of products in
// stock. An item has its id as the key, balance (a number, exact and never negative) and updateTime (RFC 3339, UTC), when
// the balance last changed.
//
// A balance is set as a whole, by whoever knows it, and taken from by shipping, in a transaction and on the condition
// that it suffices. What a check reads is therefore only a forecast.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/order/money"
)

// Kind is what balances are of.
type Kind struct {
	Key          string // the name of the partition key
	insufficient string // how a shortage is told; {id} stands for the id
	unknown      string // how the absence of a balance is told
}

// The kinds. The balance of Stock is a whole number of pieces.
var (
	Accounts = Kind{Key: "customerId", insufficient: "Insufficient account balance", unknown: "Unknown customer {id}"}
	Stock    = Kind{Key: "productId", insufficient: "Insufficient stock of {id}", unknown: "Unknown product {id}"}
)

// Ledger is a table of balances of one kind.
type Ledger struct {
	Client *dynamodb.Client
	Table  string // Required: the table's name or ARN
	Kind   Kind   // Required
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(a money.Amount) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: a.String()}
}

func (l *Ledger) key(id string) item { return item{l.Kind.Key: text(id)} }

// FormatTime writes updateTime.
func FormatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// Set makes a balance what it is at now, whatever it was. A write that meets the transaction of a shipment is repeated
// until that is over, or ctx ends. Needs dynamodb:UpdateItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func (l *Ledger) Set(ctx context.Context, id string, balance money.Amount, now time.Time) error {
	err := contention.Retry(ctx, func(ctx context.Context) error {
		_, err := l.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName:                 aws.String(l.Table),
			Key:                       l.key(id),
			UpdateExpression:          aws.String("SET #balance = :balance, #time = :time"),
			ExpressionAttributeNames:  names,
			ExpressionAttributeValues: item{":balance": number(balance), ":time": text(FormatTime(now))},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("setting the balance of %s %s in table %s: %w", l.Kind.Key, id, l.Table, err)
	}
	return nil
}

var names = map[string]string{"#balance": "balance", "#time": "updateTime"}

// balance reads the balance out of an item; found is false if there is no item.
func balance(it item) (amount money.Amount, found bool, err error) {
	if len(it) == 0 {
		return 0, false, nil
	}
	n, ok := it["balance"].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false, errors.New("attribute balance is not a number")
	}
	if amount, err = money.ParseJSON(n.Value); err != nil {
		return 0, false, fmt.Errorf("attribute balance: %w", err)
	}
	return amount, true, nil
}
