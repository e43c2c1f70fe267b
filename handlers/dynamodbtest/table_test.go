package dynamodbtest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
	"github.com/order-patterns/order-patterns/handlers/kit/table/tabletest"
)

// DynamoDB evaluates the conditions of package table as the table in memory does.
func TestTheTableInMemoryDoesWhatDynamoDBDoes(t *testing.T) {
	cloud := dynamodbtest.Start(t)
	name, round := cloud.Table(t, "pictures", "id"), 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		memory, key := &tabletest.Table{Keys: []string{"id"}}, item.Item{"id": item.String(fmt.Sprint(round))}
		fake := table.Table{Writer: memory, Reader: memory, Name: name, Key: "id"}
		real := table.Table{Writer: cloud.Client, Reader: cloud.Client, Name: name, Key: "id"}
		for range rapid.IntRange(1, 5).Draw(t, "writes") {
			it := item.Item{
				"id": key["id"], "version": item.Decimal(rapid.SampledFrom([]string{"-1", "9", "10", "10.5"}).Draw(t, "version")),
				"hash": item.String(rapid.SampledFrom([]string{"B", "a", "é"}).Draw(t, "hash")),
			}
			once := rapid.Bool().Draw(t, "once")
			put := func(to table.Table) (stored bool, there item.Item, err error) {
				if once {
					return to.PutOnce(context.Background(), it)
				}
				stored, err = to.PutNewest(context.Background(), it, "version", "hash")
				return stored, nil, err
			}
			wanted, there, err := put(fake)
			require.NoError(t, err)
			stored, found, err := put(real)
			require.NoError(t, err)
			require.Equal(t, wanted, stored)
			require.Equal(t, there, found)
		}
		want, err := fake.Get(context.Background(), key)
		require.NoError(t, err)
		got, err := real.Get(context.Background(), key)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}
