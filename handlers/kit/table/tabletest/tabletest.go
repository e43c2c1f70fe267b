// Package tabletest is a DynamoDB table in memory, for tests of programs that use package table.
package tabletest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/big"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
)

// Table is a table. It evaluates the conditions of package table, and refuses any others.
type Table struct {
	Keys []string // Required: the names of the attributes of the key
	Fail error    // the error of each request, which has no effect; nil for none
	Lose error    // the error of each write, which has its effect; nil for none

	mu    sync.Mutex
	items map[string]item.Item
	puts  int
}

// PutItem puts an item if its condition holds.
func (t *Table) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := cmp.Or(t.Fail, ctx.Err()); err != nil {
		return nil, err
	}
	t.puts++
	key := t.key(in.Item)
	if there := t.items[key]; there != nil {
		ok, err := replaces(in, there)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed"), Item: there}
		}
	}
	if t.items == nil {
		t.items = map[string]item.Item{}
	}
	t.items[key] = maps.Clone(in.Item)
	if t.Lose != nil {
		return nil, t.Lose
	}
	return &dynamodb.PutItemOutput{}, nil
}

// GetItem reads an item.
func (t *Table) GetItem(ctx context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := cmp.Or(t.Fail, ctx.Err()); err != nil {
		return nil, err
	}
	return &dynamodb.GetItemOutput{Item: maps.Clone(t.items[t.key(in.Key)])}, nil
}

// Items returns all items. A key is the values of an item's keys, joined by slashes.
func (t *Table) Items() map[string]item.Item {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.items)
}

// Puts returns the number of puts, including those whose condition did not hold.
func (t *Table) Puts() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.puts
}

func (t *Table) key(it item.Item) (key string) {
	for i, name := range t.Keys {
		if i > 0 {
			key += "/"
		}
		key += fmt.Sprint(value(it[name]))
	}
	return key
}

// replaces reports whether the condition of in holds for the existing item.
func replaces(in *dynamodb.PutItemInput, there item.Item) (bool, error) {
	const absent = "attribute_not_exists(#key)"
	n := len(in.ExpressionAttributeValues)
	switch aws.ToString(in.ConditionExpression) {
	case "":
		return true, nil
	case absent:
		return false, nil
	case absent + " OR " + table.NotNewer(max(n, 1)):
	default:
		return false, fmt.Errorf("tabletest: unknown condition %s", aws.ToString(in.ConditionExpression))
	}
	for i := range n {
		if c := compare(there[in.ExpressionAttributeNames[fmt.Sprint("#r", i)]], in.ExpressionAttributeValues[fmt.Sprint(":r", i)]); c != 0 {
			return c < 0, nil
		}
	}
	return true, nil
}

// compare compares two numbers or two strings. Values of different types are not comparable: neither replaces the other.
func compare(there, put item.Value) int {
	switch a := there.(type) {
	case *types.AttributeValueMemberN:
		if b, ok := put.(*types.AttributeValueMemberN); ok {
			x, _ := new(big.Rat).SetString(a.Value)
			y, _ := new(big.Rat).SetString(b.Value)
			return x.Cmp(y)
		}
	case *types.AttributeValueMemberS:
		if b, ok := put.(*types.AttributeValueMemberS); ok {
			return cmp.Compare(a.Value, b.Value)
		}
	}
	return 1
}

func value(v item.Value) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberS:
		return v.Value
	}
	return v
}
