package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// ErrNotFound means that the customer has no active order at the shop: none was placed, or it was
// completed or taken back.
var ErrNotFound = errors.New("no active order")

// The conditions of writes. The names are placeholders, so that no future addition to DynamoDB's reserved words can
// break an expression.
const (
	// notNewer holds when nothing is stored, or something of no higher rank.
	notNewer = "attribute_not_exists(#account) OR #version < :version OR (#version = :version AND #tie <= :tie)"
	// sameOrder holds when nothing is stored, or the order itself, or that it was taken back.
	sameOrder = "attribute_not_exists(#account) OR (#version = :version AND (#tie = :tie OR #tie = :back))"
)

var names = map[string]string{"#account": "accountid", "#version": attrVersion, "#tie": attrTie}

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

// Apply makes the event the item of its key, unless the table holds one of a higher rank; then stored is false and
// nothing is wrong. Applying an event again gives the same answer while it is the item. An error means that the
// outcome is unknown: applying it again is safe.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
func (w *Writer) Apply(ctx context.Context, o coffee.Order) (stored bool, err error) {
	it, err := toItem(o, w.Now())
	if err != nil {
		return false, fmt.Errorf("laying out order %s: %w", o.OrderID, err)
	}
	stored, err = w.put(ctx, it, notNewer, item{":version": it[attrVersion], ":tie": it[attrTie]})
	if err != nil {
		return false, fmt.Errorf("storing order %s in table %s: %w", o.OrderID, w.Table, err)
	}
	return stored, nil
}

// TakeBack undoes the Apply of a new order: a tombstone takes the place of its item, or of no item. takenBack is false,
// and nothing is wrong, if another event holds the key, which is left alone. Taking back again gives the same answer
// while the tombstone is the item. An error means that the outcome is unknown: taking back again is safe.
//
// The tombstone outranks its order and nothing else that the order does not: an Apply that comes late, of a function
// that was given up on, finds it and loses, and any newer event replaces it. With the item deleted such an Apply would
// bring the order back. One case is left: an Apply of which nothing is seen yet, over an older order, which keeps the
// key until that Apply arrives.
//
// A completion cannot be taken back; the error is an *coffee.InvalidOrder.
func (w *Writer) TakeBack(ctx context.Context, o coffee.Order) (takenBack bool, err error) {
	if o.Completed() {
		return false, &coffee.InvalidOrder{Faults: []coffee.Fault{{
			Path: "order.eventtype", Problem: fmt.Sprintf("must be [%q]: a completion cannot be taken back", coffee.NewOrder),
		}}}
	}
	rank, err := tie(o)
	if err != nil {
		return false, fmt.Errorf("ranking order %s: %w", o.OrderID, err)
	}
	it := tombstone(o, takenBackEvent, backTie(rank), w.Now())
	takenBack, err = w.put(ctx, it, sameOrder, item{":version": it[attrVersion], ":tie": text(rank), ":back": it[attrTie]})
	if err != nil {
		return false, fmt.Errorf("taking order %s back from table %s: %w", o.OrderID, w.Table, err)
	}
	return takenBack, nil
}

// put writes an item on a condition, and reports whether that held.
func (w *Writer) put(ctx context.Context, it item, condition string, values item) (bool, error) {
	_, err := w.Client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 aws.String(w.Table),
		Item:                      it,
		ConditionExpression:       aws.String(condition),
		ExpressionAttributeNames:  names,
		ExpressionAttributeValues: values,
	})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return false, nil
	}
	return err == nil, err
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
func (r *Reader) Get(ctx context.Context, accountID, vendorID string) (coffee.Order, error) {
	out, err := r.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(r.Table),
		Key:            key(accountID, vendorID),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return coffee.Order{}, fmt.Errorf("reading the order of account %s at vendor %s: %w", accountID, vendorID, err)
	}
	if len(out.Item) == 0 {
		return coffee.Order{}, ErrNotFound
	}
	o, err := fromItem(out.Item)
	if err != nil {
		return coffee.Order{}, fmt.Errorf("the item of account %s at vendor %s is not an order: %w", accountID, vendorID, err)
	}
	if dead(o.EventType) {
		return coffee.Order{}, ErrNotFound
	}
	return o, nil
}
