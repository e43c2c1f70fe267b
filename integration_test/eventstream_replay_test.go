package integration_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/replay"
)

// TestReplayRestoresTheTableAndRepeatsNoInvoice deletes the items of some accounts and restores them from the stream, which
// also has a poison record.
func TestReplayRestoresTheTableAndRepeatsNoInvoice(t *testing.T) {
	e := eventStream(t)
	since := now()
	accounts := newAccounts(40)
	histories := randomHistories(rand.New(rand.NewPCG(seed(t), 3)), accounts, 12, false)
	for n := range histories[0].orders {
		for _, h := range histories {
			require.NoError(t, placeWithRetries(e.URL, h.orders[n]))
		}
	}
	poisoned := putRecords(t, e.StreamName, entry{key: accounts[0], data: poison(t, accounts[0])})[0]
	want := allItems(histories)
	eventuallyAdvancing(t, "all orders are stored and invoiced", func() bool {
		return maps.Equal(want, readItems(t, e.TableName, histories)) && allInvoiced(t, e.BucketName, histories)
	})
	invoicesBefore := readInvoices(t, e.BucketName, histories)
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
	require.Empty(t, readItems(t, e.TableName, histories))

	r := &replay.Replay{
		Stream: kinesisClient(t), Lambda: lambdaClient(t), StreamARN: e.StreamARN,
		Functions: []string{e.Functions["project-order"].Name, e.Functions["invoice-order"].Name},
		Since:     since, Until: now(), Batch: 100, MaxRefused: 10,
	}
	result, err := r.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, readItems(t, e.TableName, histories))
	require.Equal(t, invoicesBefore, readInvoices(t, e.BucketName, histories), "no invoice is added")
	require.Empty(t, result.Refused)
	for _, url := range e.failureQueues() {
		failures := receiveFailures(t, url)
		require.Len(t, failures, 1, "each function reports the poison record again")
		require.Equal(t, poisoned, failures[0].id())
	}
}

// TestReplayOfFailuresRestoresWhatLambdaGaveUp removes the orders of a range of records from the table, and puts the message of
// Lambda about that range into the failure queue, beside the reader's own about a poison record.
func TestReplayOfFailuresRestoresWhatLambdaGaveUp(t *testing.T) {
	e := eventStream(t)
	entries, ids := putWithPoison(t, e, 6, 5)
	eventuallyAdvancing(t, "all other orders are stored", othersStored(t, e, entries, 5))
	waitForMessages(t, e.ProjectFailuresURL, 1)
	waitForMessages(t, e.InvoiceFailuresURL, 1)
	receiveFailures(t, e.InvoiceFailuresURL)
	db, queues := dynamoDBClient(t), sqsClient(t)
	for _, r := range entries[1:4] {
		_, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &e.TableName, Key: map[string]dbtypes.AttributeValue{
			"accountid": &dbtypes.AttributeValueMemberS{Value: r.key}, "vendorid": &dbtypes.AttributeValueMemberS{Value: "v0"},
		}})
		require.NoError(t, err)
	}
	_, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &e.ProjectFailuresURL, MessageBody: aws.String(fmt.Sprintf(
		`{"requestContext":{"condition":"RecordAgeExceeded"},"KinesisBatchInfo":{"shardId":%q,"startSequenceNumber":%q,"endSequenceNumber":%q,"batchSize":3,"streamArn":%q}}`,
		ids[1].shard, ids[1].sequence, ids[3].sequence, e.StreamARN))})
	require.NoError(t, err)
	until := now()
	deployment.clock.Advance(time.Second) // what is reported from now on is newer

	r := &replay.Failures{
		Replay: replay.Replay{
			Stream: kinesisClient(t), Lambda: lambdaClient(t), StreamARN: e.StreamARN, Functions: []string{e.Functions["project-order"].Name},
			Until: until, Batch: 100, MaxRefused: 0,
		},
		Queue: queues, URL: e.ProjectFailuresURL,
	}
	result, err := r.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{e.Functions["project-order"].Name: 4}, result.Handled)
	require.True(t, othersStored(t, e, entries, 5)())
	deployment.clock.Advance(3 * time.Minute) // a message that was received and left is visible again
	failures := receiveFailures(t, e.ProjectFailuresURL)
	require.Len(t, failures, 1, "the poison record was reported again")
	require.Equal(t, ids[5], failures[0].id())
}
