package integration_test

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

// TestReplayRestoresTheTableAndRepeatsNoInvoice deletes the items of some accounts and restores them from the stream, which
// also has a poison record.
func TestReplayRestoresTheTableAndRepeatsNoInvoice(t *testing.T) {
	e := eventStream(t)
	since := now()
	accounts := newAccounts(40)
	histories := randomHistories(rand.New(rand.NewPCG(seed(t), 3)), accounts, 12)
	for n := range histories[0].orders {
		for _, h := range histories {
			require.NoError(t, placeWithRetries(e.URL, h.orders[n]))
		}
	}
	poisoned := putRecords(t, e.StreamName, entry{key: accounts[0], data: poison(t, accounts[0])})[0]
	want := allItems(histories)
	eventuallyAdvancing(t, "all orders are stored and invoiced", func() bool {
		return maps.Equal(want, readItems(t, e, histories)) && allInvoiced(t, e, histories)
	})
	invoicesBefore := readInvoices(t, e, histories)
	for _, url := range e.failureQueues() {
		waitForMessages(t, url, 1)
		receiveFailures(t, url)
	}

	db := dynamoDBClient(t)
	for key := range want {
		account, vendor, _ := strings.Cut(key, "/")
		_, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &e.TableName, Key: map[string]dbtypes.AttributeValue{
			"accountid": &dbtypes.AttributeValueMemberS{Value: account}, "vendorid": &dbtypes.AttributeValueMemberS{Value: vendor},
		}})
		require.NoError(t, err)
	}
	require.Empty(t, readItems(t, e, histories))

	r := &replay.Replay{
		Stream: kinesisClient(t), Lambda: lambdaClient(t), StreamARN: e.StreamARN,
		Functions: []string{e.Functions["project-order"].Name, e.Functions["invoice-order"].Name},
		Since:     since, Until: now(), Batch: 100, MaxRefused: 10,
	}
	result, err := r.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, readItems(t, e, histories))
	require.Equal(t, invoicesBefore, readInvoices(t, e, histories), "no invoice is added")
	require.Empty(t, result.Refused)
	for _, url := range e.failureQueues() {
		failures := receiveFailures(t, url)
		require.Len(t, failures, 1, "each function reports the poison record again")
		require.Equal(t, poisoned, failures[0].id())
	}
}
