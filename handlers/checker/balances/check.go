package balances

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/order/money"
)

// CheckOne checks that a balance is sufficient. It returns one shortage or none. The read is strongly consistent. It needs
// dynamodb:GetItem.
func (t *Table) CheckOne(ctx context.Context, want Want) ([]Shortage, error) {
	it, err := t.read(ctx, want.ID)
	if err != nil {
		return nil, err
	}
	return t.shortages([]Want{want}, map[string]item.Item{want.ID: it})
}

// read reads the item of a balance. The item is empty if there is none. The read is strongly consistent.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (t *Table) read(ctx context.Context, id string) (item.Item, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(t.Name), Key: t.key(id), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("reading the balance of %s %s from table %s: %w", t.Kind.Key, id, t.Name, err)
	}
	return out.Item, nil
}

// Check returns the shortages of up to 100 balances, in the order of wants, whose ids are distinct. Each read is strongly consistent, but
// they do not share a point in time. Keys that DynamoDB leaves unprocessed because it is busy are read again until ctx ends. It needs
// dynamodb:BatchGetItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
func (t *Table) Check(ctx context.Context, wants []Want) ([]Shortage, error) {
	all := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, w := range wants {
		all.Keys = append(all.Keys, t.key(w.ID))
	}
	items := map[string]item.Item{}
	request := map[string]types.KeysAndAttributes{t.Name: all}
	for attempt := 1; len(request) > 0; attempt++ {
		out, err := t.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return nil, fmt.Errorf("reading %d balances from table %s: %w", len(all.Keys), t.Name, err)
		}
		for _, found := range out.Responses {
			for _, it := range found {
				r := item.NewReader(it)
				id := r.String(t.Kind.Key)
				if err := r.Err(); err != nil {
					return nil, fmt.Errorf("reading balances from table %s: %w", t.Name, err)
				}
				items[id] = it
			}
		}
		if request = out.UnprocessedKeys; len(request) == 0 {
			break
		}
		if err := contention.Wait(ctx, attempt); err != nil {
			return nil, fmt.Errorf("reading balances from table %s: keys were unprocessed %d times: %w", t.Name, attempt, err)
		}
	}
	return t.shortages(wants, items)
}

func (t *Table) shortages(wants []Want, items map[string]item.Item) ([]Shortage, error) {
	var short []Shortage
	var faults []error
	for _, w := range wants {
		left, known, err := t.balance(w.ID, items[w.ID])
		if err != nil {
			faults = append(faults, err)
		} else if !known || left < w.Amount {
			short = append(short, Shortage{Want: w, Left: left, Known: known})
		}
	}
	return short, errors.Join(faults...)
}

// DebitShortage returns the shortage because of which the Debit of want failed. reason is the cancellation reason of its action. failed is
// false if the Debit did not fail.
func (t *Table) DebitShortage(want Want, reason types.CancellationReason) (s Shortage, failed bool, err error) {
	if aws.ToString(reason.Code) != "ConditionalCheckFailed" {
		return Shortage{}, false, nil
	}
	left, known, err := t.balance(want.ID, reason.Item)
	if err != nil {
		return Shortage{}, false, err
	}
	return Shortage{Want: want, Left: left, Known: known}, true, nil
}

// balance reads the balance of id from its item. known is false if there is no item.
func (t *Table) balance(id string, it item.Item) (amount money.Amount, known bool, err error) {
	if len(it) == 0 {
		return 0, false, nil
	}
	r := item.NewReader(it)
	amount = item.Number(r, "balance", "an amount", money.ParseJSON)
	if err := r.Err(); err != nil {
		return 0, false, fmt.Errorf("reading the balance of %s %s from table %s: %w", t.Kind.Key, id, t.Name, err)
	}
	return amount, true, nil
}
