package integration_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// TestAPersonCanLookAround makes the calls with which somebody finds out what was made, and what is in it.
func TestAPersonCanLookAround(t *testing.T) {
	f := fanOut(t)
	cfg := awsConfig(t)
	account := newAccount()
	id := place(t, f.URL, newOrder(account, "v0", time.Now()))
	eventually(t, "the order is stored and invoiced", func() bool {
		return getOrder(t, f.URL, account, "v0") != nil && getInvoice(t, f.URL, account, "v0") != nil
	})

	t.Run("who am I", func(t *testing.T) {
		out, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		require.NoError(t, err)
		require.Len(t, *out.Account, 12)
	})
	t.Run("the table", func(t *testing.T) {
		db := dynamodb.NewFromConfig(cfg)
		tables, err := db.ListTables(t.Context(), &dynamodb.ListTablesInput{})
		require.NoError(t, err)
		require.Contains(t, tables.TableNames, f.TableName)
		found := 0
		pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: &f.TableName})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			found += len(page.Items)
		}
		require.Positive(t, found)
	})
	t.Run("the bucket", func(t *testing.T) {
		buckets, err := s3.NewFromConfig(cfg).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		require.NoError(t, err)
		var names []string
		for _, b := range buckets.Buckets {
			names = append(names, *b.Name)
		}
		require.Contains(t, names, f.BucketName)
		require.Len(t, invoices(t, f.BucketName, account), 1)
	})
	t.Run("the topic and its subscriptions", func(t *testing.T) {
		topics := sns.NewFromConfig(cfg)
		all, err := topics.ListSubscriptions(t.Context(), &sns.ListSubscriptionsInput{})
		require.NoError(t, err)
		require.NotEmpty(t, all.Subscriptions)
		out, err := topics.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &f.TopicARN})
		require.NoError(t, err)
		require.Len(t, out.Subscriptions, 2)
		for _, s := range out.Subscriptions {
			require.Equal(t, "sqs", *s.Protocol)
			attributes, err := topics.GetSubscriptionAttributes(t.Context(), &sns.GetSubscriptionAttributesInput{SubscriptionArn: s.SubscriptionArn})
			require.NoError(t, err)
			require.Equal(t, "true", attributes.Attributes["RawMessageDelivery"])
		}
	})
	t.Run("the queues", func(t *testing.T) {
		queues := awssqs.NewFromConfig(cfg)
		list, err := queues.ListQueues(t.Context(), &awssqs.ListQueuesInput{})
		require.NoError(t, err)
		require.Contains(t, list.QueueUrls, f.StoreQueueURL)
		for queue, deadLetters := range map[string]string{f.StoreQueueURL: f.StoreDeadLettersURL, f.InvoiceQueueURL: f.InvoiceDeadLettersURL} {
			out, err := queues.GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{
				QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
			})
			require.NoError(t, err)
			require.Equal(t, "180", out.Attributes["VisibilityTimeout"])
			require.Equal(t, "true", out.Attributes["SqsManagedSseEnabled"])
			require.Contains(t, out.Attributes["RedrivePolicy"], deadLetters[strings.LastIndex(deadLetters, "/")+1:])
		}
	})
	t.Run("the functions and their mappings", func(t *testing.T) {
		functions := lambda.NewFromConfig(cfg)
		list, err := functions.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
		require.NoError(t, err)
		sizes := map[string]int32{}
		for _, fn := range list.Functions {
			sizes[*fn.FunctionName] = *fn.MemorySize
		}
		for name, memory := range map[string]int32{"publish-order": 512, "store-order": 512, "write-invoice": 128} {
			require.Equal(t, memory, sizes[f.Functions[name].Name], name)
		}
		for name, batch := range map[string]int32{"store-order": 10, "write-invoice": 5} {
			mappings, err := functions.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(f.Functions[name].Name)})
			require.NoError(t, err)
			require.Len(t, mappings.EventSourceMappings, 1)
			require.Equal(t, batch, *mappings.EventSourceMappings[0].BatchSize)
		}
	})
	t.Run("the API", func(t *testing.T) {
		apis, err := apigateway.NewFromConfig(cfg).GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
		require.NoError(t, err)
		require.NotEmpty(t, apis.Items)
	})
	t.Run("the logs of an order", func(t *testing.T) {
		logs := cloudwatchlogs.NewFromConfig(cfg)
		for _, name := range []string{"publish-order", "store-order", "write-invoice"} {
			group := f.Functions[name].LogGroup
			eventually(t, name+" logged the order's id", func() bool {
				out, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
					LogGroupName: &group, FilterPattern: aws.String(`"` + id + `"`),
				})
				require.NoError(t, err)
				for _, e := range out.Events {
					require.NotContains(t, *e.Message, "Lisbon", "no customer data beyond ids")
				}
				return len(out.Events) > 0
			})
		}
	})
	t.Run("the access log", func(t *testing.T) {
		if f.AccessLogGroup == "" {
			t.Skip("this stack has no access logs")
		}
		eventually(t, "the API logged a request", func() bool {
			out, err := cloudwatchlogs.NewFromConfig(cfg).FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
				LogGroupName: &f.AccessLogGroup, FilterPattern: aws.String(`"202"`),
			})
			require.NoError(t, err)
			return len(out.Events) > 0 && strings.Contains(*out.Events[0].Message, `"method":"POST"`)
		})
	})
}
