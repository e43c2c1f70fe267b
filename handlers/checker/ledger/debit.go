package ledger

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Debit is the part of a transaction that takes what is wanted from a balance, on the condition that there is as much.
// Needs dynamodb:UpdateItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Update.html
func (l *Ledger) Debit(want Want, now time.Time) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                           aws.String(l.Table),
		Key:                                 l.key(want.ID),
		UpdateExpression:                    aws.String("SET #balance = #balance - :wanted, #time = :time"),
		ConditionExpression:                 aws.String("#balance >= :wanted"),
		ExpressionAttributeNames:            names,
		ExpressionAttributeValues:           item{":wanted": number(want.Amount), ":time": text(FormatTime(now))},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// Refused tells what a Debit of want came short of, from the reason for which its transaction was cancelled. short is
// false if it was not for this debit.
func (l *Ledger) Refused(want Want, reason types.CancellationReason) (s Shortage, short bool, err error) {
	if aws.ToString(reason.Code) != "ConditionalCheckFailed" {
		return Shortage{}, false, nil
	}
	left, known, err := balance(reason.Item)
	if err != nil {
		return Shortage{}, false, fmt.Errorf("reading the balance of %s %s from table %s: %w", l.Kind.Key, want.ID, l.Table, err)
	}
	return Shortage{Want: want, Left: left, Known: known}, true, nil
}
