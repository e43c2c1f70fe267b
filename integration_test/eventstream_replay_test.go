package integration_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

// TestReplayRestoresTheTableAndInvoicesNothingTwice deletes what the table has of some accounts, completed orders and all,
// and makes it again from the stream, where a poison record is among the events.
func TestReplayRestoresTheTableAndInvoicesNothingTwice(t *testing.T) {
	e := eventStream(t)
	cfg := awsConfig(t)
	since := now()
	accounts := numbered(newAccount(), 40)
	lives := lifetimes(rand.New(rand.NewPCG(seed(t), 3)), accounts, 12)
	for n := range lives[0].orders {
		for _, l := range lives {
			require.NoError(t, placeStubbornly(e.URL, l.orders[n]))
		}
	}
	poison := putRecords(t, e.StreamName, entry{key: accounts[0], data: spoilt(t, accounts[0])})[0]
	want := map[string]string{}
	for _, l := range lives {
		for key, order := range l.active() {
			want[key] = order
		}
	}
	eventually(t, "everything is stored and invoiced", func() bool {
		return len(tableOf(t, e, accounts[0])) == len(want) && invoicedAll(t, e, lives)
	})
	eventually(t, "the table is as it should be", func() bool { return maps.Equal(want, tableOf(t, e, accounts[0])) })
	invoicesBefore := allInvoices(t, e, accounts)
	for _, url := range []string{e.ProjectFailuresURL, e.InvoiceFailuresURL} {
		settledOn(t, url, 1)
		takeFailures(t, url)
	}

	db := dynamodb.NewFromConfig(cfg)
	for key := range want {
		account, vendor, _ := strings.Cut(key, "/")
		_, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &e.TableName, Key: map[string]dbtypes.AttributeValue{
			"accountid": &dbtypes.AttributeValueMemberS{Value: account}, "vendorid": &dbtypes.AttributeValueMemberS{Value: vendor},
		}})
		require.NoError(t, err)
	}
	require.Empty(t, tableOf(t, e, accounts[0]))

	again := &replay.Replay{
		Stream: kinesis.NewFromConfig(cfg), Lambda: lambda.NewFromConfig(cfg), StreamARN: e.StreamARN,
		Functions: []string{e.Functions["project-order"].Name, e.Functions["invoice-order"].Name},
		Since:     since, Until: now(), Batch: 100, MaxRefused: 10,
	}
	result, err := again.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, tableOf(t, e, accounts[0]))
	require.Equal(t, invoicesBefore, allInvoices(t, e, accounts), "nothing is invoiced twice")
	require.Len(t, result.Refused, 2, "the poison record, once by each function")
	for _, r := range result.Refused {
		require.Equal(t, poison, recordID{r.ShardID, r.SequenceNumber})
	}
}

// now is the time of the cloud that the tests run against.
func now() time.Time {
	if deployment.clock != nil {
		return deployment.clock.Now()
	}
	return time.Now()
}

func invoicedAll(t *testing.T, e *eventStreamOutputs, lives []lifetime) bool {
	t.Helper()
	return !slices.ContainsFunc(lives, func(l lifetime) bool { return len(invoices(t, e.BucketName, l.account)) < len(l.invoiced()) })
}

func allInvoices(t *testing.T, e *eventStreamOutputs, accounts []string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, account := range accounts {
		all[account] = invoices(t, e.BucketName, account)
	}
	return all
}
