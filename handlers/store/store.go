package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/order"
)

// ErrNotFound means that the customer has no active order at the shop: none was placed, or it was completed.
var ErrNotFound = errors.New("no active order")

// newer holds when nothing is stored, or something of a lower rank. The names are placeholders, so that no
// future addition to DynamoDB's reserved words can break the expression.
const newer = "attribute_not_exists(#account) OR #version < :version OR (#version = :version AND #tie < :tie)"

// PutItemAPI is what a Writer needs of a DynamoDB client: dynamodb:PutItem on the table.
type PutItemAPI interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Writer applies order events to the table.
type Writer struct {
	Client PutItemAPI
	Table  string           // Required: the table's name or ARN
	Now    func() time.Time // Required: the clock that dates the end of tombstones
}

// Apply makes the event the item of its key, unless the table already holds it or one of a higher rank; then
// stored is false and nothing is wrong. An error means that the outcome is unknown: applying it again is safe.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
func (w *Writer) Apply(ctx context.Context, o order.Order) (stored bool, err error) {
	it, err := toItem(o, w.Now())
	if err != nil {
		return false, fmt.Errorf("laying out order %s: %w", o.OrderID, err)
	}
	_, err = w.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 aws.String(w.Table),
		Item:                      it,
		ConditionExpression:       aws.String(newer),
		ExpressionAttributeNames:  map[string]string{"#account": "accountid", "#version": attrVersion, "#tie": attrTie},
		ExpressionAttributeValues: item{":version": it[attrVersion], ":tie": it[attrTie]},
	})
	var superseded *types.ConditionalCheckFailedException
	if errors.As(err, &superseded) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("storing order %s: %w", o.OrderID, err)
	}
	return true, nil
}

// GetItemAPI is what a Reader needs of a DynamoDB client: dynamodb:GetItem on the table.
type GetItemAPI interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
}

// Reader finds active orders in the table.
type Reader struct {
	Client GetItemAPI
	Table  string // Required: the table's name or ARN
}

// Get reads the active order of a customer at a shop. The read is strongly consistent: it sees every write that
// has been answered. The error is ErrNotFound if there is none, or if it was completed.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (r *Reader) Get(ctx context.Context, accountID, vendorID string) (order.Order, error) {
	out, err := r.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(r.Table),
		Key:            key(accountID, vendorID),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return order.Order{}, fmt.Errorf("reading the order of account %s at vendor %s: %w", accountID, vendorID, err)
	}
	if len(out.Item) == 0 {
		return order.Order{}, ErrNotFound
	}
	o, err := fromItem(out.Item)
	if err != nil {
		return order.Order{}, fmt.Errorf("the item of account %s at vendor %s is not an order: %w", accountID, vendorID, err)
	}
	if o.Completed() {
		return order.Order{}, ErrNotFound
	}
	return o, nil
}
