package integration_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

// held keeps a stream's readers from reading until it is released, so that what is put meanwhile comes in one batch.
func held(t *testing.T, e *eventStreamOutputs) (release func()) {
	t.Helper()
	remove := embedded(t).Account.Faults.Add(fault.Rule{
		Action: "kinesis:GetRecords", Resource: e.StreamARN, Principal: "*assumed-role*",
		Do: func(context.Context, fault.Event) error {
			return kinesis.Throttled(e.StreamName, "shardId-000000000000")
		},
	})
	t.Cleanup(remove)
	// A reading that was under way has ended.
	time.Sleep(50 * time.Millisecond)
	return remove
}

// isolating counts the invocations that one bad record of a batch costs: with the batch, and with what of it is tried
// again. The records before the bad one are done at once; then the rest is halved until the bad one is alone; alone it
// is tried again as often as it may be.
func isolating(size, bad, retries int) int {
	if size == 1 {
		return 1 + retries
	}
	if bad > 0 {
		return 1 + isolating(size-bad, 0, retries)
	}
	half := size / 2
	return 1 + isolating(half, 0, retries) + 1 // the other half is without fault
}

func TestOnePoisonRecordOfAHundredDelaysNoOtherAccount(t *testing.T) {
	cloud := embedded(t)
	e := eventStream(t)
	const size, bad, retries = 100, 40, 3
	release := held(t, e)
	var entries []entry
	for i, account := range numbered(newAccount(), size) {
		data := withID(latte(account, "v0", time.Now()), fmt.Sprintf("o%d", i)).event(t)
		if i == bad {
			data = spoilt(t, account)
		}
		entries = append(entries, entry{key: account, hash: "0", data: data}) // of one shard
	}
	poison := putRecords(t, e.StreamName, entries...)[bad]
	before := map[string]int64{}
	for _, reader := range []string{"project-order", "invoice-order"} {
		before[reader] = cloud.Lambda.Stats(e.Functions[reader].Name).Invocations
	}
	release()

	eventually(t, "all others are stored", func() bool {
		for i, r := range entries {
			if i != bad && getOrder(t, e.URL, r.key, "v0") == nil {
				return false
			}
		}
		return true
	})
	for reader, url := range map[string]string{"project-order": e.ProjectFailuresURL, "invoice-order": e.InvoiceFailuresURL} {
		settledOn(t, url, 1)
		failures := takeFailures(t, url)
		require.Len(t, failures, 1, "the poison record, and nothing else")
		require.Equal(t, poison, failures[0].first())
		require.Equal(t, 1, failures[0].KinesisBatchInfo.BatchSize)
		require.Equal(t, "RetryAttemptsExhausted", failures[0].RequestContext.Condition)
		require.Equal(t, e.StreamARN, failures[0].KinesisBatchInfo.StreamArn)
		require.Equal(t, entries[bad].data, readRecord(t, e.StreamName, failures[0].first()).Data)
		// Every invocation is one that AWS documents.
		count := func() int { return int(cloud.Lambda.Stats(e.Functions[reader].Name).Invocations - before[reader]) }
		eventually(t, "the rest of the batch is handled", func() bool { return count() >= isolating(size, bad, retries) })
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, isolating(size, bad, retries), count(), reader)
	}
	for i, r := range entries {
		if i != bad {
			require.Len(t, invoices(t, e.BucketName, r.key), 1)
		}
	}
}

// settledOn waits until a queue has this many messages.
func settledOn(t *testing.T, queueURL string, n int) {
	t.Helper()
	eventually(t, "the failures are told", func() bool {
		waiting, _ := depth(t, queueURL)
		return waiting >= n
	})
}

func TestTheOthersOfABatchAreStoredBeforeThePoisonIsGivenUp(t *testing.T) {
	e := eventStream(t)
	release := held(t, e)
	var entries []entry
	poisoned := newAccount()
	for i := range 20 {
		account := newAccount()
		data := withID(latte(account, "v0", time.Now()), "o").event(t)
		if i == 0 {
			account, data = poisoned, spoilt(t, poisoned)
		}
		entries = append(entries, entry{key: account, hash: "0", data: data})
	}
	putRecords(t, e.StreamName, entries...)
	// Nothing is tried again as long as this holds: only the first invocation is let through.
	name, first := e.Functions["project-order"].Name, true
	t.Cleanup(embedded(t).Account.Faults.Add(fault.Rule{
		Action: "lambda:InvokeFunction", Resource: "*:" + name, When: fault.Before,
		Do: func(context.Context, fault.Event) error {
			if first {
				first = false
				return nil
			}
			return kinesis.Throttled(e.StreamName, "shardId-000000000000")
		},
	}))
	release()
	eventually(t, "all others are stored", func() bool {
		for _, r := range entries[1:] {
			if getOrder(t, e.URL, r.key, "v0") == nil {
				return false
			}
		}
		return true
	})
	waiting, _ := depth(t, e.ProjectFailuresURL)
	require.Zero(t, waiting)
}

func TestAnOrderThatCannotBeAppendedIsNotAccepted(t *testing.T) {
	cloud := embedded(t)
	e := eventStream(t)
	t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
		Action: "kinesis:PutRecord", Do: func(context.Context, fault.Event) error {
			return kinesis.Throttled(e.StreamName, "shardId-000000000000")
		},
	}))
	r := call(t, http.MethodPost, e.URL+"/order", latte(newAccount(), "v0", time.Now()).body())
	require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
	require.NotContains(t, r.body, "arn:", "the cause is for the log, not for the client")
}

func TestAnOrderThatIsAppendedTwiceIsOneOrder(t *testing.T) {
	cloud := embedded(t)
	e := eventStream(t)
	// The record is in the stream when its answer is lost; the function puts it again.
	remove := cloud.Account.Faults.Add(fault.Rule{
		Action: "kinesis:PutRecord", When: fault.After, Times: 1,
		Do: func(context.Context, fault.Event) error {
			return kinesis.Throttled(e.StreamName, "shardId-000000000000")
		},
	})
	t.Cleanup(remove)
	account := newAccount()
	id := place(t, e.URL, latte(account, "v0", time.Now()))
	eventually(t, "the order is stored and invoiced", func() bool {
		return getOrder(t, e.URL, account, "v0") != nil && len(invoices(t, e.BucketName, account)) > 0
	})
	later := newAccount()
	place(t, e.URL, latte(later, "v0", time.Now()))
	eventually(t, "what came later is stored", func() bool { return getOrder(t, e.URL, later, "v0") != nil })
	require.Equal(t, id, getOrder(t, e.URL, account, "v0")["orderid"])
	require.Len(t, invoices(t, e.BucketName, account), 1)
}
