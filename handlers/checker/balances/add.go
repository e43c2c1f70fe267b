package balances

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
	"github.com/order-patterns/order-patterns/order/money"
)

// KeyLifetime is how long a key prevents a second addition, at least.
const KeyLifetime = 30 * 24 * time.Hour

// The errors of an addition that was not made. A third one is OutOfRange.
var (
	ErrUnknown   = errors.New("there is no such balance")
	ErrDifferent = errors.New("another amount was added under this key")
)

// OutOfRange is the error of an addition after which the balance would be negative or above its limit.
type OutOfRange struct {
	Left money.Amount // the balance, which did not change
}

func (e *OutOfRange) Error() string {
	return "the balance of " + e.Left.String() + " would be out of range"
}

// Addition is an amount to add to a balance.
type Addition struct {
	ID     string
	Amount money.Amount // negative to subtract
	Most   money.Amount // the limit of the balance
	// Key makes the addition repeatable: an addition with the same Key and ID is made once. It has no spaces. "" makes each call another
	// addition.
	Key string
}

// Add makes an addition if the balance is then from 0 to a.Most. The errors are ErrUnknown, an *OutOfRange and ErrDifferent. After any
// other error it is unknown whether the addition was made. An addition that was made before under its key is not made again, and is not an
// error. It needs dynamodb:UpdateItem, and for a key dynamodb:PutItem.
//
// It is a transaction, also without a key. The SDK repeats a request whose answer was lost; the transaction's token then prevents a second
// addition. An UpdateItem would add twice.
//
// With a key, the transaction also stores an item for the addition in the same table. Its id has a space, which ids of balances never have.
// DynamoDB deletes it after KeyLifetime by the attribute expires.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (t *Table) Add(ctx context.Context, a Addition, now time.Time) error {
	in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{t.addition(a, now)}}
	if a.Key != "" {
		in.TransactItems = append(in.TransactItems, t.note(a, now))
	}
	err := contention.Retry(ctx, func(ctx context.Context) error {
		_, err := t.Client.TransactWriteItems(ctx, in)
		return err
	})
	if err == nil {
		return nil
	}
	if reason, refused, problem := t.refusal(err, a); problem == nil && refused {
		return reason
	}
	return fmt.Errorf("adding to the balance of %s %s in table %s: %w", t.Kind.Key, a.ID, t.Name, err)
}

// addition returns the action that changes the balance.
func (t *Table) addition(a Addition, now time.Time) types.TransactWriteItem {
	// The range of the balance before, so that it is in range afterwards.
	least, most := max(0, -a.Amount), min(a.Most, a.Most-a.Amount)
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                aws.String(t.Name),
		Key:                      t.key(a.ID),
		UpdateExpression:         aws.String("SET #balance = #balance + :add, #time = :time"),
		ConditionExpression:      aws.String("#balance BETWEEN :least AND :most"),
		ExpressionAttributeNames: names,
		ExpressionAttributeValues: item.Item{
			":add": item.Decimal(a.Amount.String()), ":time": item.String(FormatTime(now)),
			":least": item.Decimal(least.String()), ":most": item.Decimal(most.String()),
		},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// note returns the action that stores that the addition was made.
func (t *Table) note(a Addition, now time.Time) types.TransactWriteItem {
	made := t.key(a.ID + " " + a.Key)
	made["added"] = item.Decimal(a.Amount.String())
	made["expires"] = item.Int(now.Add(KeyLifetime).Unix())
	return types.TransactWriteItem{Put: &types.Put{
		TableName:                           aws.String(t.Name),
		Item:                                made,
		ConditionExpression:                 aws.String("attribute_not_exists(#id)"),
		ExpressionAttributeNames:            map[string]string{"#id": t.Kind.Key},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

// refusal returns the error of Add if a condition failed. refused reports whether one did.
func (t *Table) refusal(err error, a Addition) (reason error, refused bool, problem error) {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil, false, nil
	}
	// The reasons are in the order of the actions. If the addition was made before, that is the result, also if the balance is not
	// sufficient for a second one.
	if len(cancelled.CancellationReasons) > 1 && aws.ToString(cancelled.CancellationReasons[1].Code) == "ConditionalCheckFailed" {
		r := item.NewReader(cancelled.CancellationReasons[1].Item)
		added := item.Number(r, "added", "an amount", money.ParseJSON)
		if r.Err() == nil && added == a.Amount {
			return nil, true, nil
		}
		return ErrDifferent, true, r.Err()
	}
	if len(cancelled.CancellationReasons) == 0 || aws.ToString(cancelled.CancellationReasons[0].Code) != "ConditionalCheckFailed" {
		return nil, false, nil
	}
	left, known, err := t.balance(a.ID, cancelled.CancellationReasons[0].Item)
	if !known {
		return ErrUnknown, true, err
	}
	return &OutOfRange{Left: left}, true, err
}

// Get reads a balance, and the time of its last change. The read is strongly consistent. The error is ErrUnknown if there is no such
// balance. It needs dynamodb:GetItem.
func (t *Table) Get(ctx context.Context, id string) (balance money.Amount, changed string, err error) {
	it, err := t.read(ctx, id)
	if err != nil {
		return 0, "", err
	}
	balance, known, err := t.balance(id, it)
	switch {
	case err != nil:
		return 0, "", err
	case !known:
		return 0, "", ErrUnknown
	}
	r := item.NewReader(it)
	return balance, r.String("updateTime"), nil
}
