// Package coffeetest has an S3 bucket of invoices and a DynamoDB table of orders in memory, for tests of the functions of the coffee
// patterns.
package coffeetest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
)

// Table is a DynamoDB table of orders in memory. For each key it keeps the item with the highest rank, like package store. The condition
// expression itself is tested in that package. The zero value is empty.
type Table struct {
	Items    map[string]item.Item // by "accountid/vendorid"
	Puts     []string             // order ids, also of items that were superseded
	Fails    map[string]error     // by order id; the error of a put without effect
	Lose     error                // the error of a put with effect
	Deadline time.Time            // of the last put

	mu sync.Mutex
}

// PutItem puts an item, unless the table has one with a higher rank.
func (t *Table) PutItem(ctx context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Deadline, _ = ctx.Deadline()
	id := text(in.Item, "orderid")
	if err := t.Fails[id]; err != nil {
		return nil, err
	}
	t.Puts = append(t.Puts, id)
	key := text(in.Item, "accountid") + "/" + text(in.Item, "vendorid")
	held := t.Items[key]
	if v, h := version(in.Item), version(held); v < h || v == h && text(in.Item, "tie") < text(held, "tie") {
		return nil, &types.ConditionalCheckFailedException{}
	}
	if t.Items == nil {
		t.Items = map[string]item.Item{}
	}
	t.Items[key] = in.Item
	return &dynamodb.PutItemOutput{}, t.Lose
}

// Orders returns the order id of each key.
func (t *Table) Orders() map[string]string {
	ids := map[string]string{}
	for key, it := range t.Items {
		ids[key] = text(it, "orderid")
	}
	return ids
}

// text returns a string attribute, or "" if there is none.
func text(it item.Item, name string) string {
	s, _ := it[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// version returns -1, which is less than any version here, if there is no item.
func version(it item.Item) int64 {
	n, _ := it["version"].(*types.AttributeValueMemberN)
	if n == nil {
		return -1
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64)
	return v
}
