package integration_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/sqs"
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

// underEachAnswer runs a test with ours and with the other answer to what AWS does not document.
func underEachAnswer(t *testing.T, test func(t *testing.T), switches ...*guess.Guess) {
	t.Helper()
	t.Run("ours", test)
	for _, g := range switches {
		t.Run(g.Name, func(t *testing.T) {
			t.Cleanup(embedded(t).Account.Guesses.Turn(g))
			test(t)
		})
	}
}

// putWithPoison puts a record each of several accounts, in one batch of one shard, one of which no reader can parse.
func putWithPoison(t *testing.T, e *eventStreamOutputs, size, bad int) (entries []entry, ids []recordID) {
	t.Helper()
	for i, account := range newAccounts(size) {
		data := newOrder(account, "v0", time.Now()).withID(fmt.Sprintf("o%d", i)).event(t)
		if i == bad {
			data = poison(t, account)
		}
		entries = append(entries, entry{key: account, hash: "0", data: data})
	}
	return entries, putRecords(t, e.StreamName, entries...)
}

func othersStored(t *testing.T, e *eventStreamOutputs, entries []entry, bad int) func() bool {
	return func() bool {
		for i, r := range entries {
			if i != bad && getOrder(t, e.URL, r.key, "v0") == nil {
				return false
			}
		}
		return true
	}
}

func TestPoisonRecordAmongHundredDelaysNoOtherAccount(t *testing.T) {
	underEachAnswer(t, func(t *testing.T) {
		cloud := embedded(t)
		e := eventStream(t)
		const size, bad = 100, 40
		release := holdReaders(t, e)
		entries, ids := putWithPoison(t, e, size, bad)
		invocations := func(reader string) int64 { return cloud.Lambda.Stats(e.Functions[reader].Name).Invocations }
		before := map[string]int64{}
		for _, reader := range []string{"project-order", "invoice-order"} {
			before[reader] = invocations(reader)
		}
		release()
		eventually(t, "all other orders are stored", othersStored(t, e, entries, bad))
		for reader, url := range map[string]string{"project-order": e.ProjectFailuresURL, "invoice-order": e.InvoiceFailuresURL} {
			waitForMessages(t, url, 1)
			failures := receiveFailures(t, url)
			require.Len(t, failures, 1, "only the poison record is given up")
			require.Equal(t, ids[bad], failures[0].id())
			require.Equal(t, e.StreamARN, failures[0].Record.StreamARN)
			require.Equal(t, entries[bad].key, failures[0].Record.PartitionKey)
			require.Equal(t, entries[bad].data, failures[0].Record.Data)
			require.Contains(t, failures[0].Error, "reading the record as an order event")
			time.Sleep(100 * time.Millisecond)
			require.Equal(t, before[reader]+1, invocations(reader), "the batch is handled once, whatever Lambda does with a failure: "+reader)
		}
		for i, r := range entries {
			if i != bad {
				require.Len(t, invoices(t, e.BucketName, r.key), 1)
			}
		}
	}, guess.StreamFirstRecord, guess.StreamBackoff)
}

func TestPoisonThatCannotBeReportedIsKeptAndItsBatchIsStored(t *testing.T) {
	underEachAnswer(t, func(t *testing.T) {
		e := eventStream(t)
		release := holdReaders(t, e)
		entries, ids := putWithPoison(t, e, 20, 0)
		allow := inject(t, fault.Rule{
			Action: "sqs:SendMessage", Principal: "*/" + e.Functions["project-order"].RoleName + "/*", Do: sqs.Throttled,
		})
		release()
		eventually(t, "all other orders are stored", othersStored(t, e, entries, 0))
		visible, _ := depth(t, e.ProjectFailuresURL)
		require.Zero(t, visible)
		allow()
		eventuallyAdvancing(t, "the failure queue has the poison record", func() bool {
			return slices.ContainsFunc(receiveFailures(t, e.ProjectFailuresURL), func(f failed) bool { return f.id() == ids[0] })
		})
		waitForMessages(t, e.InvoiceFailuresURL, 1)
		receiveFailures(t, e.InvoiceFailuresURL)
	}, guess.StreamFirstRecord, guess.StreamBackoff)
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
