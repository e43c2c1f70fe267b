package sns

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
)

func TestMetricsOfTopics(t *testing.T) {
	c := newCloud(t)
	metrics := cloudtest.RecordMetrics(c.account)
	c.subscribe(map[string]any{"redrivePolicy": `{"deadLetterTargetArn":"` + deadARN + `"}`})
	of := func(metric string) float64 { return metrics.Take()["AWS/SNS "+metric+" Count TopicName=orders"] }
	c.publish("x", nil)
	require.Equal(t, 1.0, of("NumberOfMessagesPublished"))
	c.publish("x", nil)
	require.Equal(t, 1.0, of("NumberOfNotificationsDelivered"))
	c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Resource: storeARN, Do: func(context.Context, fault.Event) error {
		return &policy.DeniedError{}
	}})
	c.publish("x", nil)
	require.Equal(t, 1.0, of("NumberOfNotificationsFailed"))
	c.publish("x", nil)
	require.Equal(t, 1.0, of("NumberOfNotificationsRedrivenToDlq"))
}
