package integration_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

// throttled is the error of a throttled call to the stream.
func (e *eventStreamOutputs) throttled() error {
	return kinesis.Throttled(e.StreamName, "shardId-000000000000")
}

// holdReaders stops the stream's readers until release is called, so that they get all records put meanwhile in one batch.
func holdReaders(t *testing.T, e *eventStreamOutputs) (release func()) {
	t.Helper()
	release = inject(t, fault.Rule{
		Action: "kinesis:GetRecords", Resource: e.StreamARN, Principal: "*assumed-role*", Do: fail(e.throttled()),
	})
	time.Sleep(50 * time.Millisecond) // a read that had begun ends meanwhile
	return release
}

// invocationsForPoison returns how many invocations a batch takes that has one poison record. The first invocation handles
// the records before the poison record. The rest of the batch is then bisected until the poison record is alone. Alone it
// is retried as often as configured.
func invocationsForPoison(size, bad, retries int) int {
	if size == 1 {
		return 1 + retries
	}
	if bad > 0 {
		return 1 + invocationsForPoison(size-bad, 0, retries)
	}
	half := size / 2
	return 1 + invocationsForPoison(half, 0, retries) + 1 // the other half is valid
}

func TestPoisonRecordAmongHundredDelaysNoOtherAccount(t *testing.T) {
	cloud := embedded(t)
	e := eventStream(t)
	const size, bad, retries = 100, 40, 3
	release := holdReaders(t, e)
	var entries []entry
	for i, account := range newAccounts(size) {
		data := newOrder(account, "v0", time.Now()).withID(fmt.Sprintf("o%d", i)).event(t)
		if i == bad {
			data = poison(t, account)
		}
		entries = append(entries, entry{key: account, hash: "0", data: data}) // all in one shard
	}
	poisoned := putRecords(t, e.StreamName, entries...)[bad]
	before := map[string]int64{}
	for _, reader := range []string{"project-order", "invoice-order"} {
		before[reader] = cloud.Lambda.Stats(e.Functions[reader].Name).Invocations
	}
	release()

	eventually(t, "all other orders are stored", func() bool {
		for i, r := range entries {
			if i != bad && getOrder(t, e.URL, r.key, "v0") == nil {
				return false
			}
		}
		return true
	})
	for reader, url := range map[string]string{"project-order": e.ProjectFailuresURL, "invoice-order": e.InvoiceFailuresURL} {
		waitForMessages(t, url, 1)
		failures := receiveFailures(t, url)
		require.Len(t, failures, 1, "only the poison record is given up")
		require.Equal(t, poisoned, failures[0].first())
		require.Equal(t, 1, failures[0].KinesisBatchInfo.BatchSize)
		require.Equal(t, "RetryAttemptsExhausted", failures[0].RequestContext.Condition)
		require.Equal(t, e.StreamARN, failures[0].KinesisBatchInfo.StreamArn)
		require.Equal(t, entries[bad].data, readRecord(t, e.StreamName, failures[0].first()).Data)
		// There are no invocations beyond those that AWS documents.
		count := func() int { return int(cloud.Lambda.Stats(e.Functions[reader].Name).Invocations - before[reader]) }
		eventually(t, "the rest of the batch is handled", func() bool { return count() >= invocationsForPoison(size, bad, retries) })
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, invocationsForPoison(size, bad, retries), count(), reader)
	}
	for i, r := range entries {
		if i != bad {
			require.Len(t, invoices(t, e.BucketName, r.key), 1)
		}
	}
}

func TestOtherRecordsOfABatchAreStoredBeforePoisonIsGivenUp(t *testing.T) {
	e := eventStream(t)
	release := holdReaders(t, e)
	var entries []entry
	poisoned := newAccount()
	for i := range 20 {
		account := newAccount()
		data := newOrder(account, "v0", time.Now()).withID("o").event(t)
		if i == 0 {
			account, data = poisoned, poison(t, poisoned)
		}
		entries = append(entries, entry{key: account, hash: "0", data: data})
	}
	putRecords(t, e.StreamName, entries...)
	// Only the first invocation is allowed, so there are no retries.
	name := e.Functions["project-order"].Name
	inject(t, fault.Rule{
		Action: "lambda:InvokeFunction", Resource: "*:" + name, When: fault.Before, Skip: 1, Do: fail(e.throttled()),
	})
	release()
	eventually(t, "all other orders are stored", func() bool {
		for _, r := range entries[1:] {
			if getOrder(t, e.URL, r.key, "v0") == nil {
				return false
			}
		}
		return true
	})
	visible, _ := depth(t, e.ProjectFailuresURL)
	require.Zero(t, visible)
}

func TestOrderThatCannotBeAppendedIsNotAccepted(t *testing.T) {
	e := eventStream(t)
	inject(t, fault.Rule{Action: "kinesis:PutRecord", Do: fail(e.throttled())})
	r := call(t, http.MethodPost, e.URL+"/order", newOrder(newAccount(), "v0", time.Now()).body())
	require.Equal(t, http.StatusServiceUnavailable, r.status, r.body)
	require.NotContains(t, r.body, "arn:", "the cause is logged and not sent to the client")
}

func TestOrderAppendedTwiceIsOneOrder(t *testing.T) {
	e := eventStream(t)
	// The record is put, but the function gets an error and puts it again.
	inject(t, fault.Rule{Action: "kinesis:PutRecord", When: fault.After, Times: 1, Do: fail(e.throttled())})
	account := newAccount()
	id := place(t, e.URL, newOrder(account, "v0", time.Now()))
	eventuallyAdvancing(t, "the order is stored and invoiced", func() bool {
		return getOrder(t, e.URL, account, "v0") != nil && len(invoices(t, e.BucketName, account)) > 0
	})
	later := newAccount()
	place(t, e.URL, newOrder(later, "v0", time.Now()))
	waitForOrder(t, e.URL, later, "v0")
	require.Equal(t, id, getOrder(t, e.URL, account, "v0")["orderid"])
	require.Len(t, invoices(t, e.BucketName, account), 1)
}
