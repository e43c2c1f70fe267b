package integration_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/require"
)

func TestLookAtTable(t *testing.T) {
	f := fanOut(t)
	db := dynamoDBClient(t)
	account, id := placeFanOutOrder(t, f)
	tables, err := db.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	require.Contains(t, tables.TableNames, f.TableName)
	described, err := db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &f.TableName})
	require.NoError(t, err)
	require.Equal(t, dbtypes.TableStatusActive, described.Table.TableStatus)
	require.Len(t, described.Table.KeySchema, 2)
	_, err = db.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &f.TableName})
	require.NoError(t, err)

	key := map[string]dbtypes.AttributeValue{
		"accountid": &dbtypes.AttributeValueMemberS{Value: account}, "vendorid": &dbtypes.AttributeValueMemberS{Value: "v0"},
	}
	isOrder := func(item map[string]dbtypes.AttributeValue) {
		t.Helper()
		require.Equal(t, &dbtypes.AttributeValueMemberS{Value: id}, item["orderid"])
	}
	got, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &f.TableName, Key: key, ConsistentRead: aws.Bool(true)})
	require.NoError(t, err)
	isOrder(got.Item)
	queried, err := db.Query(t.Context(), &dynamodb.QueryInput{
		TableName: &f.TableName, KeyConditionExpression: aws.String("accountid = :a and begins_with(vendorid, :v)"),
		ExpressionAttributeValues: map[string]dbtypes.AttributeValue{
			":a": &dbtypes.AttributeValueMemberS{Value: account}, ":v": &dbtypes.AttributeValueMemberS{Value: "v"},
		},
	})
	require.NoError(t, err)
	require.Len(t, queried.Items, 1)
	isOrder(queried.Items[0])
	batch, err := db.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{
		RequestItems: map[string]dbtypes.KeysAndAttributes{f.TableName: {Keys: []map[string]dbtypes.AttributeValue{key}}},
	})
	require.NoError(t, err)
	require.Len(t, batch.Responses[f.TableName], 1)
	isOrder(batch.Responses[f.TableName][0])
	found := 0
	pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: &f.TableName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		found += len(page.Items)
	}
	require.Positive(t, found)
}

func TestLookAtBucket(t *testing.T) {
	f := fanOut(t)
	objects := s3Client(t)
	account, id := placeFanOutOrder(t, f)
	buckets, err := objects.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	require.NoError(t, err)
	var names []string
	for _, b := range buckets.Buckets {
		names = append(names, *b.Name)
	}
	require.Contains(t, names, f.BucketName)
	_, err = objects.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &f.BucketName})
	require.NoError(t, err)
	block, err := objects.GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: &f.BucketName})
	require.NoError(t, err)
	require.True(t, *block.PublicAccessBlockConfiguration.BlockPublicPolicy)
	policy, err := objects.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &f.BucketName})
	require.NoError(t, err)
	require.Contains(t, *policy.Policy, "aws:SecureTransport")
	encryption, err := objects.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: &f.BucketName})
	require.NoError(t, err)
	require.NotEmpty(t, encryption.ServerSideEncryptionConfiguration.Rules)

	keys := invoices(t, f.BucketName, account)
	require.Len(t, keys, 1)
	key := "invoices/" + account + "/" + keys[0]
	head, err := objects.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &f.BucketName, Key: &key})
	require.NoError(t, err)
	got, err := objects.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &f.BucketName, Key: &key})
	require.NoError(t, err)
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.EqualValues(t, *head.ContentLength, len(text))
	require.Contains(t, string(text), id)
	folders, err := objects.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &f.BucketName, Delimiter: aws.String("/")})
	require.NoError(t, err)
	require.Len(t, folders.CommonPrefixes, 1)
	require.Equal(t, "invoices/", *folders.CommonPrefixes[0].Prefix)
}

func TestLookAtStream(t *testing.T) {
	e := eventStream(t)
	streams := kinesisClient(t)
	account := newAccount()
	id := place(t, e.URL, newOrder(account, "v0", time.Now()))
	list, err := streams.ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	require.Contains(t, list.StreamNames, e.StreamName)
	summary, err := streams.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &e.StreamName})
	require.NoError(t, err)
	require.Equal(t, kinesistypes.StreamStatusActive, summary.StreamDescriptionSummary.StreamStatus)
	described, err := streams.DescribeStream(t.Context(), &kinesis.DescribeStreamInput{StreamName: &e.StreamName})
	require.NoError(t, err)
	require.NotEmpty(t, described.StreamDescription.Shards)
	_, err = streams.ListStreamConsumers(t.Context(), &kinesis.ListStreamConsumersInput{StreamARN: &e.StreamARN})
	require.NoError(t, err)

	// Read all shards from the beginning, as a person does who looks for a record.
	var data []string
	for _, shard := range described.StreamDescription.Shards {
		it, err := streams.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{
			StreamName: &e.StreamName, ShardId: shard.ShardId, ShardIteratorType: kinesistypes.ShardIteratorTypeTrimHorizon,
		})
		require.NoError(t, err)
		for iterator := it.ShardIterator; iterator != nil; {
			out, err := streams.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: iterator})
			require.NoError(t, err)
			for _, r := range out.Records {
				data = append(data, string(r.Data))
			}
			if iterator = out.NextShardIterator; *out.MillisBehindLatest == 0 {
				break
			}
		}
	}
	require.Contains(t, strings.Join(data, "\n"), id)
}

func TestLookAtStateMachine(t *testing.T) {
	o := orchestrator(t)
	machines := sfnClient(t)
	waitForExecution(t, startExecution(t, o, newOrder(newAccount(), "v0", time.Now())))
	list, err := machines.ListStateMachines(t.Context(), &sfn.ListStateMachinesInput{})
	require.NoError(t, err)
	var arns []string
	for _, m := range list.StateMachines {
		arns = append(arns, *m.StateMachineArn)
	}
	require.Contains(t, arns, o.StateMachineARN)
	machine, err := machines.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &o.StateMachineARN})
	require.NoError(t, err)
	require.True(t, json.Valid([]byte(*machine.Definition)))
	executions, err := machines.ListExecutions(t.Context(), &sfn.ListExecutionsInput{
		StateMachineArn: &o.StateMachineARN, StatusFilter: types.ExecutionStatusSucceeded,
	})
	require.NoError(t, err)
	require.NotEmpty(t, executions.Executions)
}
