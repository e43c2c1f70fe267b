package cloudwatch_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/cloudwatch"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
)

const (
	alarmType     = "aws:cloudwatch/metricAlarm:MetricAlarm"
	compositeType = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	topicARN      = "arn:aws:sns:us-east-1:123456789012:alarms"
	queueARN      = "arn:aws:sqs:us-east-1:123456789012:alarms"
)

// cloud has a topic for alarms, and a queue that gets its messages. Its clock stands at the start of a minute.
type cloud struct {
	*cloudtest.Cloud
	service *cloudwatch.Service
	client  *sdk.Client // may do everything
	queue   string
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New()}
	now := c.Clock.Now()
	c.Clock.Advance(now.Truncate(time.Minute).Add(time.Minute).Sub(now))
	queues := sqs.New(c.Account)
	topics := sns.New(c.Account, sns.Dependencies{Queues: queues})
	c.service = cloudwatch.New(c.Account, cloudwatch.Dependencies{Topics: topics})
	t.Cleanup(func() { require.NoError(t, c.service.Close()) })
	c.Serve(t, queues, topics, c.service)
	c.client = sdk.NewFromConfig(c.Admin)

	c.queue, _ = c.MustDeploy(t, "aws:sqs/queue:Queue", map[string]any{"name": "alarms"})
	c.MustDeploy(t, "aws:sqs/queuePolicy:QueuePolicy", map[string]any{"queueUrl": c.queue, "policy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + queueARN + `"}]}`})
	c.MustDeploy(t, "aws:sns/topic:Topic", map[string]any{"name": "alarms"})
	c.MustDeploy(t, "aws:sns/topicPolicy:TopicPolicy", map[string]any{"arn": topicARN, "policy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":"sns:Publish","Resource":"` + topicARN + `",
		"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"}}}]}`})
	c.MustDeploy(t, "aws:sns/topicSubscription:TopicSubscription", map[string]any{
		"topic": topicARN, "protocol": "sqs", "endpoint": queueARN})
	return c
}

// alarm deploys an alarm on the sum of Rejected in a minute. more are further inputs, or others.
func (c *cloud) alarm(t testing.TB, name string, more map[string]any) {
	t.Helper()
	inputs := map[string]any{
		"name": name, "namespace": "OrderPatterns", "metricName": "Rejected", "statistic": "Sum", "period": 60, "threshold": 1,
		"comparisonOperator": "GreaterThanOrEqualToThreshold", "evaluationPeriods": 1, "treatMissingData": "notBreaching",
		"alarmActions": []any{topicARN}, "okActions": []any{topicARN},
	}
	for k, v := range more {
		inputs[k] = v
	}
	c.MustDeploy(t, alarmType, inputs)
}

// put stores one value of Rejected.
func (c *cloud) put(value float64) {
	c.Account.Publish("OrderPatterns", nil, account.Count("Rejected", int(value)))
}

// state returns the state of an alarm, and its reason.
func (c *cloud) state(t testing.TB, name string) (string, string) {
	t.Helper()
	out, err := c.client.DescribeAlarms(t.Context(), &sdk.DescribeAlarmsInput{AlarmNames: []string{name},
		AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm}})
	require.NoError(t, err)
	for _, a := range out.MetricAlarms {
		return string(a.StateValue), *a.StateReason
	}
	require.Len(t, out.CompositeAlarms, 1)
	return string(out.CompositeAlarms[0].StateValue), *out.CompositeAlarms[0].StateReason
}

// next advances the clock by a minute, and returns the alarm's state.
func (c *cloud) next(t testing.TB, name string) string {
	t.Helper()
	c.Clock.Advance(time.Minute)
	state, _ := c.state(t, name)
	return state
}

// notified returns the messages that came since the last call: their subjects and bodies.
func (c *cloud) notified(t testing.TB) (subjects []string, messages []map[string]any) {
	t.Helper()
	client := awssqs.NewFromConfig(c.Admin)
	for {
		out, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &c.queue, MaxNumberOfMessages: 10})
		require.NoError(t, err)
		if len(out.Messages) == 0 {
			return subjects, messages
		}
		for _, m := range out.Messages {
			var envelope struct{ Subject, Message string }
			require.NoError(t, json.Unmarshal([]byte(*m.Body), &envelope))
			var message map[string]any
			require.NoError(t, json.Unmarshal([]byte(envelope.Message), &message))
			subjects, messages = append(subjects, envelope.Subject), append(messages, message)
			_, err := client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: aws.String(c.queue), ReceiptHandle: m.ReceiptHandle})
			require.NoError(t, err)
		}
	}
}
