package integration_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"
)

// The tests TestLookAt* make the calls with which a person looks at what is deployed, and at what is in it.

// placeFanOutOrder places an order and waits until it is stored and invoiced.
func placeFanOutOrder(t *testing.T, f *fanOutOutputs) (account, id string) {
	t.Helper()
	account = newAccount()
	id = place(t, f.URL, newOrder(account, "v0", time.Now()))
	waitForOrder(t, f.URL, account, "v0")
	waitForInvoice(t, f.URL, account, "v0")
	return account, id
}

func TestLookAtIdentity(t *testing.T) {
	out, err := stsClient(t).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Len(t, *out.Account, 12)
}

func TestLookAtTopic(t *testing.T) {
	f := fanOut(t)
	topics := snsClient(t)
	list, err := topics.ListTopics(t.Context(), &sns.ListTopicsInput{})
	require.NoError(t, err)
	var arns []string
	for _, topic := range list.Topics {
		arns = append(arns, *topic.TopicArn)
	}
	require.Contains(t, arns, f.TopicARN)
	topic, err := topics.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &f.TopicARN})
	require.NoError(t, err)
	require.Equal(t, "2", topic.Attributes["SubscriptionsConfirmed"])

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
}

func TestLookAtQueues(t *testing.T) {
	f := fanOut(t)
	queues := sqsClient(t)
	list, err := queues.ListQueues(t.Context(), &sqs.ListQueuesInput{})
	require.NoError(t, err)
	require.Contains(t, list.QueueUrls, f.StoreQueueURL)
	for queue, deadLetters := range map[string]string{f.StoreQueueURL: f.StoreDeadLettersURL, f.InvoiceQueueURL: f.InvoiceDeadLettersURL} {
		out, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
			QueueUrl: &queue, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll},
		})
		require.NoError(t, err)
		require.Equal(t, "180", out.Attributes["VisibilityTimeout"])
		require.Equal(t, "true", out.Attributes["SqsManagedSseEnabled"])
		deadLetterQueue := deadLetters[strings.LastIndex(deadLetters, "/")+1:]
		require.Contains(t, out.Attributes["RedrivePolicy"], deadLetterQueue)

		found, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &deadLetterQueue})
		require.NoError(t, err)
		require.Equal(t, deadLetters, *found.QueueUrl)
		_, err = queues.ListMessageMoveTasks(t.Context(), &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(queueARN(deadLetters))})
		require.NoError(t, err)
	}
}

func TestLookAtLogs(t *testing.T) {
	f := fanOut(t)
	logs := logsClient(t)
	_, id := placeFanOutOrder(t, f)
	for _, name := range []string{"publish-order", "store-order", "write-invoice"} {
		group := f.Functions[name].LogGroup
		eventually(t, name+" logged the order's id", func() bool {
			out, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
				LogGroupName: &group, FilterPattern: aws.String(`"` + id + `"`),
			})
			require.NoError(t, err)
			for _, e := range out.Events {
				require.NotContains(t, *e.Message, "Lisbon", "of customer data, only ids are logged")
			}
			return len(out.Events) > 0
		})
		groups, err := logs.DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
		require.NoError(t, err)
		require.Len(t, groups.LogGroups, 1)
		require.NotNil(t, groups.LogGroups[0].RetentionInDays)
		streams, err := logs.DescribeLogStreams(t.Context(), &cloudwatchlogs.DescribeLogStreamsInput{
			LogGroupName: &group, OrderBy: logstypes.OrderByLastEventTime, Descending: aws.Bool(true), // the first has events
		})
		require.NoError(t, err)
		require.NotEmpty(t, streams.LogStreams)
		events, err := logs.GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
			LogGroupName: &group, LogStreamName: streams.LogStreams[0].LogStreamName, StartFromHead: aws.Bool(true),
		})
		require.NoError(t, err)
		require.NotEmpty(t, events.Events)
	}
}

func TestLookAtAccessLog(t *testing.T) {
	f := fanOut(t)
	skipUnless(t, f.AccessLogGroup != "", "a stack with access logs")
	placeFanOutOrder(t, f)
	eventually(t, "the API logged a request", func() bool {
		out, err := logsClient(t).FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: &f.AccessLogGroup, FilterPattern: aws.String(`"202"`),
		})
		require.NoError(t, err)
		return slices.ContainsFunc(out.Events, func(e logstypes.FilteredLogEvent) bool {
			return strings.Contains(*e.Message, `"method":"POST"`) && strings.Contains(*e.Message, `"status":"202"`)
		})
	})
}

func TestLookAtTraces(t *testing.T) {
	embedded(t)
	f := fanOut(t)
	p := &probe{t: t, functions: f.Functions}
	from, sampled := p.begin()
	place(t, f.URL, newOrder(newAccount(), "v0", time.Now()), sampled...)
	root := strings.TrimSuffix(strings.TrimPrefix(sampled[1], "Root="), ";Sampled=1")
	traces := xrayClient(t)
	eventually(t, "the trace has segments of the API and the function", func() bool {
		out, err := traces.BatchGetTraces(t.Context(), &xray.BatchGetTracesInput{TraceIds: []string{root}})
		require.NoError(t, err)
		var documents []string
		for _, trace := range out.Traces {
			for _, s := range trace.Segments {
				documents = append(documents, *s.Document)
			}
		}
		text := strings.Join(documents, "\n")
		return strings.Contains(text, "AWS::ApiGateway::Stage") && strings.Contains(text, f.Functions["publish-order"].Name)
	})
	summaries, err := traces.GetTraceSummaries(t.Context(), &xray.GetTraceSummariesInput{StartTime: &from, EndTime: aws.Time(now().Add(time.Minute))})
	require.NoError(t, err)
	require.NotEmpty(t, summaries.TraceSummaries)
}
