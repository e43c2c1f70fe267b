package handlertest

import (
	"context"
	"strconv"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Item is an item of a table.
type Item = map[string]types.AttributeValue

// Table is a DynamoDB table of orders in memory. Of each key it holds the item of the highest rank, which is what the
// condition of package store comes to; the condition itself is that package's tests. The zero value is empty.
type Table struct {
	Items map[string]Item  // by "accountid/vendorid"
	Puts  []string         // order ids, of items that were superseded too
	Fails map[string]error // answers a put, which does nothing, by the id of the order
	Lose  error            // answers a put, after it was done

	mu sync.Mutex
}

// PutItem puts an item, unless one of a higher rank is there.
func (t *Table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
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
		t.Items = map[string]Item{}
	}
	t.Items[key] = in.Item
	return &dynamodb.PutItemOutput{}, t.Lose
}

// Orders gives the order id that each key holds.
func (t *Table) Orders() map[string]string {
	ids := map[string]string{}
	for key, it := range t.Items {
		ids[key] = text(it, "orderid")
	}
	return ids
}

// text is a string attribute, "" if there is none.
func text(it Item, name string) string {
	s, _ := it[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// version is below that of any item if there is none.
func version(it Item) int64 {
	n, _ := it["version"].(*types.AttributeValueMemberN)
	if n == nil {
		return -1
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64)
	return v
}
