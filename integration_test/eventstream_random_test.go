package integration_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// randomFaults makes the calls of the pattern fail at random: before the call takes effect, after it took effect, and by
// killing the function that makes it.
func randomFaults(t *testing.T, e *eventStreamOutputs, r *randomness) {
	t.Helper()
	rule := func(action, resource string, when fault.When, probability float64, do func(context.Context, fault.Event) error) {
		inject(t, fault.Rule{Action: action, Resource: resource, When: when, Do: r.sometimes(probability, do)})
	}
	table, bucket := "*/"+e.TableName, "*:"+e.BucketName+"/*"
	for _, when := range []fault.When{fault.Before, fault.After} {
		rule("kinesis:PutRecord", e.StreamARN, when, 0.003, fail(e.throttled()))
		rule("kinesis:PutRecord", e.StreamARN, when, 0.0005, kill(t, e.Functions["append-order"].Name))
		rule("dynamodb:PutItem", table, when, 0.003, fail(localdb.Throttled()))
		rule("dynamodb:PutItem", table, when, 0.001, kill(t, e.Functions["project-order"].Name))
		rule("s3:PutObject", bucket, when, 0.003, fail(s3.Throttled()))
		rule("s3:PutObject", bucket, when, 0.001, kill(t, e.Functions["invoice-order"].Name))
		for _, reader := range []string{"project-order", "invoice-order"} {
			rule("lambda:InvokeFunction", "*:"+e.Functions[reader].Name, when, 0.03, fail(lambda.Throttled()))
		}
	}
	for _, when := range []fault.When{fault.Before, fault.After} {
		for _, reader := range []string{"project-order", "invoice-order"} {
			inject(t, fault.Rule{
				Action: "sqs:SendMessage", Principal: "*/" + e.Functions[reader].RoleName + "/*", When: when, Do: r.sometimes(0.3, sqs.Throttled),
			})
		}
	}
	rule("kinesis:GetRecords", e.StreamARN, fault.Before, 0.05, fail(e.throttled()))
}

func TestTenThousandOrdersWithRandomFaults(t *testing.T) { ordersWithRandomFaults(t, 200, 50, 8) }

func TestOrdersWithRandomFaultsUnderEachAnswer(t *testing.T) {
	for _, g := range []*guess.Guess{guess.StreamFirstRecord, guess.StreamBackoff} {
		t.Run(g.Name, func(t *testing.T) {
			t.Cleanup(embedded(t).Account.Guesses.Turn(g))
			ordersWithRandomFaults(t, 80, 15, 8)
		})
	}
}

// ordersWithRandomFaults places the orders of accounts, the orders of each account one after the other. The stream has four
// shards; one is split half way. Calls fail at random, and poison records are put among the orders. At the end the table and
// the bucket must be as if nothing had failed, each account's events must have been applied in order, and the failure queues
// must have the poison records and nothing else.
func ordersWithRandomFaults(t *testing.T, accounts, length, poisonRecords int) {
	const parallel = 40
	e := eventStream(t)
	n := seed(t)
	random := rand.New(rand.NewPCG(n, 1))
	histories := randomHistories(random, newAccounts(accounts), length)
	randomFaults(t, e, newRandomness(n, 2))
	from := deployment.clock.Now().Add(-time.Second)

	poisonBefore := map[string]bool{} // ids of the orders that a poison record precedes
	for len(poisonBefore) < poisonRecords {
		h := histories[random.IntN(accounts)]
		poisonBefore[h.orders[random.IntN(length)].OrderID] = true
	}
	var mu sync.Mutex
	var put []recordID
	var placed atomic.Int64
	var all errgroup.Group
	for some := range slices.Chunk(histories, accounts/parallel) {
		all.Go(func() error {
			for n := range length {
				for _, h := range some {
					if poisonBefore[h.orders[n].OrderID] {
						ids := putRecords(t, e.StreamName, entry{key: h.account, data: poison(t, h.account)})
						mu.Lock()
						put = append(put, ids...)
						mu.Unlock()
					}
					if err := placeWithRetries(e.URL, h.orders[n]); err != nil {
						return err
					}
					if placed.Add(1) == int64(accounts*length/2) {
						splitShard(t, e.StreamName)
					}
				}
			}
			return nil
		})
	}
	require.NoError(t, all.Wait())

	want := allItems(histories)
	require.NoError(t, wait{limit: 2 * time.Minute, interval: 200 * time.Millisecond}.until("all events are applied", func() (bool, error) {
		return len(readItems(t, e, histories)) == len(want) && len(appliedEvents(t, e, from, histories)) >= accounts*length, nil
	}))
	require.Equal(t, want, readItems(t, e, histories))
	requireAppliedInOrder(t, e, from, histories)
	for _, h := range histories {
		var ids []string
		eventually(t, "all orders of an account are invoiced", func() bool {
			ids = nil
			for _, key := range invoices(t, e.BucketName, h.account) {
				ids = append(ids, strings.Split(key, "/")[2])
			}
			return len(ids) >= len(h.invoiced())
		})
		slices.Sort(ids)
		require.Equal(t, h.invoiced(), ids)
	}
	for _, url := range e.failureQueues() {
		reported := map[recordID]bool{} // a record is reported twice if its invocation fails after that
		eventually(t, "the poison records are reported", func() bool {
			for _, f := range receiveFailures(t, url) {
				require.Nil(t, f.KinesisBatchInfo, "Lambda gives up nothing")
				require.Contains(t, string(f.Record.Data), `"new_order"`)
				reported[f.id()] = true
			}
			return len(reported) >= poisonRecords
		})
		require.ElementsMatch(t, put, slices.Collect(maps.Keys(reported)))
	}
}

// placeWithRetries repeats a request until the order is accepted, as a client does after a 5xx or no response.
func placeWithRetries(url string, o coffeeOrder) error {
	for attempt := 0; ; attempt++ {
		r, err := send(http.MethodPost, url+"/order", o.body())
		if err == nil && r.status == http.StatusAccepted {
			return nil
		}
		if attempt == 20 || err == nil && r.status < 500 {
			return fmt.Errorf("placing order %s: %v %d %s", o.OrderID, err, r.status, r.body)
		}
	}
}
