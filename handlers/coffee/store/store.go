package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// ErrNotFound means that the customer has no active order at the shop: none was placed, or it was completed or taken back.
var ErrNotFound = errors.New("no active order")

// The conditions of writes. Attribute names are placeholders, so that a future reserved word of DynamoDB does not break an expression.
const (
	// notNewer holds if there is no item, or its rank is not higher.
	notNewer = "attribute_not_exists(#account) OR #version < :version OR (#version = :version AND #tie <= :tie)"
	// sameOrder holds if there is no item, or it is the order itself, or its tombstone of an earlier TakeBack.
	sameOrder = "attribute_not_exists(#account) OR (#version = :version AND (#tie = :tie OR #tie = :back))"
	// triedBefore holds for the order's tombstone of another attempt. A tombstone without an attempt stays.
	triedBefore = "(#version = :version AND #tie = :back AND (#attempt < :attempt OR #attempt > :attempt))"
)

var names = map[string]string{"#account": "accountid", "#version": attrVersion, "#tie": attrTie}

// namesWithAttempt are names and the name in triedBefore. DynamoDB refuses a name that the expression does not use.
var namesWithAttempt = map[string]string{"#account": "accountid", "#version": attrVersion, "#tie": attrTie, "#attempt": attrAttempt}

// Writer applies order events to the table. It needs dynamodb:PutItem on it.
type Writer struct {
	Client table.PutItemAPI
	Table  string           // Required: the table's name or ARN
	Now    func() time.Time // Required: the clock for the expiry of tombstones

	// Attempt is the name of the attempt at the order, if an order that was taken back may be retried. Apply then replaces the tombstone of
	// another attempt.
	Attempt string
}

// Apply stores the event as the item of its key, unless the table has an event with a higher rank. In that case stored is false, and the
// error is nil. Applying the stored event again returns the same. After an error the result is unknown; calling Apply again is safe.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
func (w *Writer) Apply(ctx context.Context, o coffee.Order) (stored bool, err error) {
	it, err := toItem(o, w.Now())
	if err != nil {
		return false, fmt.Errorf("making the item of order %s: %w", o.OrderID, err)
	}
	condition, values := notNewer, item.Item{":version": it[attrVersion], ":tie": it[attrTie]}
	if w.Attempt != "" && !o.Completed() {
		rank, err := tie(o)
		if err != nil {
			return false, fmt.Errorf("ranking order %s: %w", o.OrderID, err)
		}
		condition += " OR " + triedBefore
		values[":back"], values[":attempt"] = item.String(takenBackTie(rank)), item.String(w.Attempt)
	}
	stored, err = w.put(ctx, it, condition, values)
	if err != nil {
		return false, fmt.Errorf("storing order %s in table %s: %w", o.OrderID, w.Table, err)
	}
	return stored, nil
}

// TakeBack undoes the Apply of a new order: it stores a tombstone if the table has the order, or no item. If the table has another event,
// that event stays, takenBack is false, and the error is nil. Calling TakeBack again returns the same while the tombstone is the item.
// After an error the result is unknown; calling TakeBack again is safe.
//
// The tombstone ranks just above its order. So a late Apply of the order, by a function that timed out, does not make the order active
// again, as it would if the item were deleted. Any newer event replaces the tombstone. One case remains: the table has an older order when
// TakeBack runs, and the Apply of the order arrives only after that. TakeBack then returns false, and the order becomes active.
//
// An Apply of another attempt, in a later execution, replaces the tombstone.
//
// A completion cannot be taken back; the error is a *coffee.InvalidOrder.
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
	it := tombstone(o, takenBackEvent, takenBackTie(rank), w.Now())
	if w.Attempt != "" {
		it[attrAttempt] = item.String(w.Attempt)
	}
	takenBack, err = w.put(ctx, it, sameOrder, item.Item{":version": it[attrVersion], ":tie": item.String(rank), ":back": it[attrTie]})
	if err != nil {
		return false, fmt.Errorf("taking order %s back from table %s: %w", o.OrderID, w.Table, err)
	}
	return takenBack, nil
}

// put writes an item if the condition holds, and reports whether it did.
func (w *Writer) put(ctx context.Context, it item.Item, condition string, values item.Item) (bool, error) {
	names := names
	if _, ok := values[":attempt"]; ok {
		names = namesWithAttempt
	}
	stored, _, err := table.Put(ctx, w.Client, &dynamodb.PutItemInput{
		TableName:                 aws.String(w.Table),
		Item:                      it,
		ConditionExpression:       aws.String(condition),
		ExpressionAttributeNames:  names,
		ExpressionAttributeValues: values,
	})
	return stored, err
}

// Reader finds active orders in the table. It needs dynamodb:GetItem on it.
type Reader struct {
	Client table.GetItemAPI
	Table  string // Required: the table's name or ARN
}

// Get reads the active order of a customer at a shop. The read is strongly consistent: it sees every write that was
// answered before. The error is ErrNotFound if there is no active order.
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
	if isTombstone(o.EventType) {
		return coffee.Order{}, ErrNotFound
	}
	return o, nil
}
