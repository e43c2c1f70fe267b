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

// change is one conditional update of an order. The names of attributes are placeholders, so that no future addition to
// DynamoDB's reserved words can break an expression.
type change struct {
	set, condition string
	names          map[string]string
	values         item
}

// appendLog adds the line :log to the logs.
const appendLog = "#logs = list_append(#logs, :log)"

// update makes a change if its condition holds, and gives the order as it is then. applied is false if the condition did
// not hold. The error is ErrNotFound if there is no such order. Needs dynamodb:UpdateItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func (b *Book) update(ctx context.Context, orderID string, c change) (rec checker.Record, applied bool, err error) {
	var now item
	err = contention.Retry(ctx, func(ctx context.Context) error {
		out, err := b.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName:                           aws.String(b.Table),
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
		return checker.Record{}, false, fmt.Errorf("updating order %s in table %s: %w", orderID, b.Table, err)
	case len(failed.Item) == 0:
		return checker.Record{}, false, fmt.Errorf("updating order %s in table %s: %w", orderID, b.Table, ErrNotFound)
	default:
		now = failed.Item
	}
	if rec, err = fromItem(now); err != nil {
		return checker.Record{}, false, fmt.Errorf("reading order %s from table %s: %w", orderID, b.Table, err)
	}
	return rec, applied, nil
}

// moved is a change of status from one to another, with a log line.
func moved(from, to checker.Status, log string) change {
	return change{
		set:       "#status = :to, " + appendLog,
		condition: "#status = :from",
		names:     map[string]string{"#status": "status", "#logs": "logs"},
		values:    item{":from": status(from), ":to": status(to), ":log": lines(log)},
	}
}

// Reject makes an order of the status from Rejected, with a log line that says why, and gives it as it is then. applied
// is false if it had another status, which stays. The error is ErrNotFound if there is no such order. Needs
// dynamodb:UpdateItem.
func (b *Book) Reject(ctx context.Context, orderID string, from checker.Status, log string) (rec checker.Record, applied bool, err error) {
	return b.update(ctx, orderID, moved(from, checker.Rejected, log))
}

// Shipped is the part of a transaction that makes an order Shipped, on the condition that it is "Ready to ship". Needs
// dynamodb:UpdateItem.
func (b *Book) Shipped(orderID string) types.TransactWriteItem {
	c := moved(checker.ReadyToShip, checker.Shipped, "Shipped")
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                 aws.String(b.Table),
		Key:                       key(orderID),
		UpdateExpression:          aws.String("SET " + c.set),
		ConditionExpression:       aws.String(c.condition),
		ExpressionAttributeNames:  c.names,
		ExpressionAttributeValues: c.values,
	}}
}
