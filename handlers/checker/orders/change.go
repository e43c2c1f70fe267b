package orders

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/checker"
)

// change is one conditional update of an order. Attribute names are placeholders, so that a future reserved word of DynamoDB does not break
// an expression.
type change struct {
	set, condition string
	names          map[string]string
	values         item.Item
}

// appendLog adds the line :log to the logs.
const appendLog = "#logs = list_append(#logs, :log)"

// update makes a change if its condition holds, and returns the order as it is afterwards. applied is false if the condition does not hold.
// The error is ErrNotFound if there is no such order. It needs dynamodb:UpdateItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func (t *Table) update(ctx context.Context, orderID string, c change) (rec checker.Record, applied bool, err error) {
	var now item.Item
	err = contention.Retry(ctx, func(ctx context.Context) error {
		out, err := t.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName:                           aws.String(t.Name),
			Key:                                 key(orderID),
			UpdateExpression:                    aws.String("SET " + c.set),
			ConditionExpression:                 aws.String(c.condition),
			ExpressionAttributeNames:            c.names,
			ExpressionAttributeValues:           c.values,
			ReturnValues:                        types.ReturnValueAllNew,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		if err == nil {
			now = out.Attributes
		}
		return err
	})
	var failed *types.ConditionalCheckFailedException
	switch {
	case err == nil:
		applied = true
	case !errors.As(err, &failed):
		return checker.Record{}, false, fmt.Errorf("updating order %s in table %s: %w", orderID, t.Name, err)
	case len(failed.Item) == 0:
		return checker.Record{}, false, fmt.Errorf("updating order %s in table %s: %w", orderID, t.Name, ErrNotFound)
	default:
		now = failed.Item
	}
	if rec, err = fromItem(now); err != nil {
		return checker.Record{}, false, fmt.Errorf("reading order %s from table %s: %w", orderID, t.Name, err)
	}
	return rec, applied, nil
}

// transition returns a change of the status, with a log line.
func transition(from, to checker.Status, log string) change {
	return change{
		set:       "#status = :to, " + appendLog,
		condition: "#status = :from",
		names:     map[string]string{"#status": "status", "#logs": "logs"},
		values:    item.Item{":from": status(from), ":to": status(to), ":log": item.Strings(log)},
	}
}

// NotePublished records that the outbox published a Pending order. If the order is no longer Pending, it does nothing. The error is
// ErrNotFound if there is no such order. It needs dynamodb:UpdateItem.
func (t *Table) NotePublished(ctx context.Context, orderID string, now time.Time) error {
	_, _, err := t.update(ctx, orderID, change{
		set:       "#published = :now",
		condition: "#status = :pending",
		names:     map[string]string{"#status": "status", "#published": publishedAt},
		values:    item.Item{":pending": status(checker.Pending), ":now": item.String(now.UTC().Format(time.RFC3339Nano))},
	})
	return err
}

// Reject changes the status of an order from the status from to Rejected. log is the log line with the reason. It returns the order as it
// is afterwards. applied is false if the order has another status, which stays. The error is ErrNotFound if there is no such order. It
// needs dynamodb:UpdateItem.
func (t *Table) Reject(ctx context.Context, orderID string, from checker.Status, log string) (rec checker.Record, applied bool, err error) {
	return t.update(ctx, orderID, transition(from, checker.Rejected, log))
}

// Shipped returns the action of a transaction that changes the status of an order to Shipped, on the condition that it is "Ready to ship".
// It needs dynamodb:UpdateItem.
func (t *Table) Shipped(orderID string) types.TransactWriteItem {
	c := transition(checker.ReadyToShip, checker.Shipped, "Shipped")
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                 aws.String(t.Name),
		Key:                       key(orderID),
		UpdateExpression:          aws.String("SET " + c.set),
		ConditionExpression:       aws.String(c.condition),
		ExpressionAttributeNames:  c.names,
		ExpressionAttributeValues: c.values,
	}}
}
