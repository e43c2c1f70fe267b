package kinesis

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"
)

const benchmarkOrder = `{"orderid":"7f1f0a3e","accountid":"a0","vendorid":"v0","orderdate":"2026-01-02T03:04:05Z","city":"Lisbon",
	"details":{"coffeetype":"latte","coffeesize":"large","unitprice":"3.50","quantity":2},"eventtype":["new_order"]}`

// unlimited has the stream orders with four shards, whose limits are out of the way.
func unlimited(clock clockwork.Clock) *cloud {
	c := newStreamOnly(4)
	c.Account.Clock = clock
	c.s.streams["orders"].unlimit()
	return c
}

func (st *stream) unlimit() {
	for _, s := range st.open {
		s.mu.Lock()
		s.writes, s.written = rate.NewLimiter(1e15, 1e15), rate.NewLimiter(1e15, 1e15)
		s.mu.Unlock()
	}
}

// BenchmarkPut measures one record without HTTP: permission, hash key, shard.
func BenchmarkPut(b *testing.B) {
	c := unlimited(clockwork.NewRealClock())
	var n atomic.Int64
	data := []byte(benchmarkOrder)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, _, err := c.s.Put(context.Background(), c.admin, ordersARN, fmt.Sprint("a", n.Add(1)), data); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRead measures one read of 100 records of 100,000.
func BenchmarkRead(b *testing.B) {
	c := unlimited(clockwork.NewRealClock())
	for i := range 400_000 {
		_, _, err := c.s.Put(context.Background(), c.admin, ordersARN, fmt.Sprint("a", i), []byte(benchmarkOrder))
		require.NoError(b, err)
	}
	b.ReportAllocs()
	from := Position{Type: "TRIM_HORIZON"}
	for b.Loop() {
		batch, err := c.s.Read(context.Background(), c.admin, ordersARN, shard0, from, 100)
		if err != nil {
			b.Fatal(err)
		}
		if from = batch.Next; !batch.More {
			from = Position{Type: "TRIM_HORIZON"}
		}
	}
}

// BenchmarkPutHTTP measures a PutRecord through the SDK and the endpoint.
func BenchmarkPutHTTP(b *testing.B) {
	c := unlimited(clockwork.NewRealClock())
	c.Serve(b, c.s)
	client := sdk.NewFromConfig(c.Admin)
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := client.PutRecord(b.Context(), &sdk.PutRecordInput{
				StreamName: aws.String("orders"), PartitionKey: aws.String(fmt.Sprint("a", n.Add(1))), Data: []byte(benchmarkOrder),
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Producers, readers and resharding at once lose nothing.
func TestPutsReadsAndReshardingMayRace(t *testing.T) {
	c := unlimited(clockwork.NewRealClock())
	const producers, each = 4, 500
	var work sync.WaitGroup
	for p := range producers {
		work.Go(func() {
			for i := range each {
				_, _, err := c.s.Put(context.Background(), c.admin, ordersARN, fmt.Sprint("a", p), fmt.Append(nil, i))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Go(func() {
		st := c.s.streams["orders"]
		for i := range 20 {
			st.mu.Lock()
			if err := st.scale(time.Now(), []int{2, 4}[i%2]); err != nil {
				t.Error(err)
			}
			st.unlimit()
			st.mu.Unlock()
			time.Sleep(100 * time.Microsecond)
		}
	})

	// One reader follows all shards, parents first, as they come.
	next := map[string]int{}
	work.Go(func() {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		at, ended := map[string]Position{}, map[string]bool{"": true}
		for total := 0; total < producers*each; {
			if ctx.Err() != nil {
				t.Errorf("only %d records came", total)
				return
			}
			shards, err := c.s.Shards(ordersARN)
			if err != nil {
				t.Error(err)
				return
			}
			for _, s := range shards {
				if ended[s.ID] || !ended[s.ParentID] || !ended[s.AdjacentParentID] {
					continue
				}
				from, begun := at[s.ID]
				if !begun {
					from = Position{Type: "TRIM_HORIZON"}
				}
				b, err := c.s.Read(ctx, c.admin, ordersARN, s.ID, from, 100)
				if err != nil {
					continue // its limits
				}
				for _, r := range b.Records {
					if want := fmt.Sprint(next[r.PartitionKey]); want != string(r.Data) {
						t.Errorf("%s: got %s, want %s", r.PartitionKey, r.Data, want)
					}
					next[r.PartitionKey]++
					total++
				}
				at[s.ID], ended[s.ID] = b.Next, b.End
			}
		}
	})
	work.Wait()
}
