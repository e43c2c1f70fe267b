package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/order/money"
)

// CheckOne tells whether a balance meets what is wanted; the shortages are none or one. The read is strongly consistent.
// Needs dynamodb:GetItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (l *Ledger) CheckOne(ctx context.Context, want Want) ([]Shortage, error) {
	out, err := l.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(l.Table), Key: l.key(want.ID), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, fmt.Errorf("reading the balance of %s %s from table %s: %w", l.Kind.Key, want.ID, l.Table, err)
	}
	return l.shortages([]Want{want}, map[string]item{want.ID: out.Item})
}

// Check tells which of up to 100 balances do not meet what is wanted, in the order of the wants, whose ids are distinct.
// The reads are strongly consistent, each by itself. What DynamoDB leaves for later, because there is too much at once,
// is asked for again until ctx ends. Needs dynamodb:BatchGetItem.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
func (l *Ledger) Check(ctx context.Context, wants []Want) ([]Shortage, error) {
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, w := range wants {
		ask.Keys = append(ask.Keys, l.key(w.ID))
	}
	items := map[string]item{}
	request := map[string]types.KeysAndAttributes{l.Table: ask}
	for attempt := 1; len(request) > 0; attempt++ {
		out, err := l.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return nil, fmt.Errorf("reading %d balances from table %s: %w", len(ask.Keys), l.Table, err)
		}
		for _, found := range out.Responses {
			for _, it := range found {
				id, _ := it[l.Kind.Key].(*types.AttributeValueMemberS)
				if id == nil {
					return nil, fmt.Errorf("reading balances from table %s: an item has no %s", l.Table, l.Kind.Key)
				}
				items[id.Value] = it
			}
		}
		if request = out.UnprocessedKeys; len(request) == 0 {
			break
		}
		if err := contention.Wait(ctx, attempt); err != nil {
			return nil, fmt.Errorf("reading balances from table %s: it left keys unprocessed %d times: %w", l.Table, attempt, err)
		}
	}
	return l.shortages(wants, items)
}

func (l *Ledger) shortages(wants []Want, items map[string]item) ([]Shortage, error) {
	var short []Shortage
	var faults []error
	for _, w := range wants {
		left, known, err := balance(items[w.ID])
		if err != nil {
			faults = append(faults, fmt.Errorf("reading the balance of %s %s from table %s: %w", l.Kind.Key, w.ID, l.Table, err))
			continue
		}
		if s, isShort := w.shortage(left, known); isShort {
			short = append(short, s)
		}
	}
	return short, errors.Join(faults...)
}

// WantOf is a whole number of pieces.
func WantOf(id string, pieces int64) Want { return Want{ID: id, Amount: money.FromInt(pieces)} }
