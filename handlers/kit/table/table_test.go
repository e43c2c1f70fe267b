package table_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/kit/item"
	"github.com/order-patterns/order-patterns/handlers/kit/table"
	"github.com/order-patterns/order-patterns/handlers/kit/table/tabletest"
)

func over(memory *tabletest.Table) *table.Table {
	return &table.Table{Writer: memory, Reader: memory, Name: "pictures", Key: "owner"}
}

func picture(version int64, hash string) item.Item {
	return item.Item{"owner": item.String("ann"), "id": item.String("p1"), "version": item.Int(version), "hash": item.String(hash)}
}

func TestTheConditionComparesTheAttributesInTurn(t *testing.T) {
	require.Equal(t, "#r0 <= :r0", table.NotNewer(1))
	require.Equal(t, "#r0 < :r0 OR (#r0 = :r0 AND (#r1 < :r1 OR (#r1 = :r1 AND (#r2 <= :r2))))", table.NotNewer(3))
}

// The newest item stays, whatever the order of the writes, and however often each is made.
func TestTheResultDependsNeitherOnTheOrderNorOnRepetitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var puts []item.Item
		for range rapid.IntRange(1, 6).Draw(t, "n") {
			puts = append(puts, picture(rapid.Int64Range(1, 3).Draw(t, "version"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "hash")))
		}
		result := func(puts []item.Item) map[string]item.Item {
			memory := &tabletest.Table{Keys: []string{"owner", "id"}}
			for _, it := range puts {
				_, err := over(memory).PutNewest(context.Background(), it, "version", "hash")
				require.NoError(t, err)
			}
			return memory.Items()
		}
		want := result(puts)
		require.Len(t, want, 1)
		require.Equal(t, want, result(rapid.Permutation(append(puts, puts...)).Draw(t, "deliveries")))
	})
}

func TestPutOnceReturnsTheItemThatStays(t *testing.T) {
	tab := over(&tabletest.Table{Keys: []string{"owner", "id"}})
	stored, there, err := tab.PutOnce(t.Context(), picture(1, "a"))
	require.NoError(t, err)
	require.True(t, stored)
	require.Nil(t, there)
	stored, there, err = tab.PutOnce(t.Context(), picture(2, "b"))
	require.NoError(t, err)
	require.False(t, stored)
	require.Equal(t, picture(1, "a"), there)
}

func TestAnErrorIsNotACondition(t *testing.T) {
	down := errors.New("down")
	tab := over(&tabletest.Table{Keys: []string{"owner"}, Fail: down})
	stored, err := tab.PutNewest(t.Context(), picture(1, "a"), "version")
	require.False(t, stored)
	require.Equal(t, down, err)
	_, err = tab.Get(t.Context(), item.Item{"owner": item.String("ann")})
	require.Equal(t, down, err)
}

func TestAnItemWithoutItsRankIsRefused(t *testing.T) {
	_, err := over(&tabletest.Table{Keys: []string{"owner"}}).PutNewest(t.Context(), picture(1, "a"), "version", "time")
	require.EqualError(t, err, "the item has no attribute time, which is part of its rank")
}

func TestGetReturnsNilForNoItem(t *testing.T) {
	tab := over(&tabletest.Table{Keys: []string{"owner", "id"}})
	key := item.Item{"owner": item.String("ann"), "id": item.String("p1")}
	it, err := tab.Get(t.Context(), key)
	require.NoError(t, err)
	require.Nil(t, it)
	_, _, err = tab.PutOnce(t.Context(), picture(1, "a"))
	require.NoError(t, err)
	it, err = tab.Get(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, picture(1, "a"), it)
}
