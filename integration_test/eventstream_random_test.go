package integration_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sqs"
)

func (e *eventStreamOutputs) weaknesses() weaknesses {
	invocation := func(function string) weakness {
		return weakness{action: "lambda:InvokeFunction", resource: "*:" + e.Functions[function].Name, throttle: fail(lambda.Throttled()), often: 0.05, outage: long}
	}
	return weaknesses{
		functions: e.Functions, failures: e.failureQueues(),
		calls: []weakness{
			{action: "kinesis:PutRecord", function: "append-order", throttle: fail(e.throttled()), often: 0.02, outage: short},
			{action: "dynamodb:PutItem", function: "project-order", throttle: fail(localdb.Throttled()), often: 0.02, outage: long},
			{action: "s3:PutObject", function: "invoice-order", throttle: fail(s3.Throttled()), often: 0.02, outage: long},
			{action: "sqs:SendMessage", function: "project-order", throttle: sqs.Throttled, often: 0.3, outage: long},
			{action: "sqs:SendMessage", function: "invoice-order", throttle: sqs.Throttled, often: 0.3, outage: long},
			{action: "kinesis:GetRecords", resource: e.StreamARN, principal: "*assumed-role*", throttle: fail(e.throttled()), often: 0.1, outage: short},
			invocation("project-order"), invocation("invoice-order"),
		},
	}
}

// TestRandomFaultsLoseNoOrderOfEventStream asserts that the table and the bucket are as if nothing had failed, that each
// account's events were applied in order, and that the failure queues have the poison records and nothing else.
func TestRandomFaultsLoseNoOrderOfEventStream(t *testing.T) {
	forEachSeed(t, func(t *testing.T, seed uint64) {
		randomEventStream(t, seed, size{name: "small", accounts: 24, length: 12, parallel: 12, poison: 3})
	})
}

// TestOrdersWithRandomFaultsUnderEachAnswer does the same under each other answer that AWS might give.
func TestOrdersWithRandomFaultsUnderEachAnswer(t *testing.T) {
	runSeeds(t, 1, "", func(t *testing.T, seed uint64) {
		for _, g := range []*guess.Guess{guess.StreamFirstRecord, guess.StreamBackoff} {
			t.Run(g.Name, func(t *testing.T) {
				defer embedded(t).Account.Guesses.Turn(g)()
				randomEventStream(t, seed, size{name: g.Name, accounts: 80, length: 15, parallel: 40, poison: 8})
			})
		}
	})
}

// TestTenThousandOrdersWithRandomFaults places the orders of 200 accounts.
func TestTenThousandOrdersWithRandomFaults(t *testing.T) {
	largeRun(t, func(t *testing.T, seed uint64) {
		randomEventStream(t, seed, size{name: "large", accounts: 200, length: 50, parallel: 40, poison: 8})
	})
}

func randomEventStream(t *testing.T, seed uint64, s size) {
	e := eventStream(t)
	run := newCoffeeRun(seed, s, e.URL, e.TableName, e.BucketName, true)
	from := deployment.clock.Now().Add(-time.Second)
	trouble := startTrouble(t, seed, e.weaknesses())
	defer trouble.end()
	var mu sync.Mutex
	var put []recordID
	run.place(t, func(account string) {
		ids := putRecords(t, e.StreamName, entry{key: account, data: poison(t, account)})
		mu.Lock()
		defer mu.Unlock()
		put = append(put, ids...)
	}, func() { splitShard(t, e.StreamName) })
	trouble.outlast()

	e.weaknesses().waitUntilDone(t, time.Second, func() bool {
		return run.done(t) && e.failed(t) >= len(put) && len(appliedEvents(t, e, from, run.histories)) >= countEvents(run.histories)
	})
	run.requireResult(t)
	requireAppliedInOrder(t, e, from, run.histories)
	for _, url := range e.failureQueues() {
		reported := map[recordID]bool{} // a record is reported twice if its invocation fails after that
		eventuallyAdvancing(t, "the poison records are reported", func() bool {
			for _, f := range receiveFailures(t, url) {
				require.Nil(t, f.KinesisBatchInfo, "Lambda gives up nothing")
				require.Contains(t, string(f.Record.Data), `"new_order"`)
				if !slices.Contains(poisonOfEarlierSeeds, f.id()) {
					reported[f.id()] = true
				}
			}
			return len(reported) >= len(put)
		})
		require.ElementsMatch(t, put, slices.Collect(maps.Keys(reported)))
	}
	poisonOfEarlierSeeds = append(poisonOfEarlierSeeds, put...)
}

// poisonOfEarlierSeeds are poison records that were all reported. The second report of one may come only when the next seed
// runs: a reader whose answer was lost tries the batch again later.
var poisonOfEarlierSeeds []recordID

// failed returns the number of messages of the failure queue that has fewer.
func (e *eventStreamOutputs) failed(t *testing.T) int {
	t.Helper()
	project, _ := depth(t, e.ProjectFailuresURL)
	invoice, _ := depth(t, e.InvoiceFailuresURL)
	return min(project, invoice)
}
