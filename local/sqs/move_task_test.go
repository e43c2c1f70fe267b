package sqs

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/guess"
)

// dead makes two queues with one dead-letter queue, and moves n messages of each to it.
func (c *cloud) dead(t *testing.T, n int) (dlq string, sources [2]string) {
	dlq = c.queue(t, "dlq", nil)
	for i, name := range []string{"a", "b"} {
		sources[i] = c.queue(t, name, redriveTo(dlq, 1))
		for range n {
			c.send(t, sources[i], name)
		}
		c.receive(t, sources[i])
	}
	c.clock.Advance(30 * time.Second)
	for _, arn := range sources {
		require.Empty(t, c.receive(t, arn))
	}
	return dlq, sources
}

func (c *cloud) tasks(t *testing.T, dlq string) []types.ListMessageMoveTasksResultEntry {
	out, err := c.client.ListMessageMoveTasks(t.Context(), &sdk.ListMessageMoveTasksInput{SourceArn: &dlq, MaxResults: aws.Int32(10)})
	require.NoError(t, err)
	return out.Results
}

func TestAMoveTaskReturnsMessagesToWhereTheyCameFrom(t *testing.T) {
	c := newCloud(t)
	dlq, sources := c.dead(t, 3)
	_, err := c.client.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq})
	require.NoError(t, err)
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(dlq))
	for i, body := range []string{"a", "b"} {
		got := c.receive(t, sources[i])
		require.Equal(t, []string{body, body, body}, bodies(got))
		require.Equal(t, "1", got[0].Attributes["ApproximateReceiveCount"], "a moved message is a new one")
	}
	task := c.tasks(t, dlq)[0]
	require.Equal(t, "COMPLETED", *task.Status)
	require.EqualValues(t, 6, task.ApproximateNumberOfMessagesMoved)
	require.EqualValues(t, 6, *task.ApproximateNumberOfMessagesToMove)
	require.Nil(t, task.TaskHandle)
	require.Nil(t, task.DestinationArn)
}

func TestAMessageKeepsItsTraceInTheDeadLetterQueueAndBack(t *testing.T) {
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
	c := newCloud(t)
	dlq := c.queue(t, "dlq", nil)
	source := c.queue(t, "a", redriveTo(dlq, 1))
	_, err := c.Send(t.Context(), c.admin, nil, source, Message{Body: "a", TraceHeader: trace})
	require.NoError(t, err)
	c.receive(t, source)
	c.clock.Advance(30 * time.Second)
	require.Empty(t, c.receive(t, source))
	require.Equal(t, trace, c.receive(t, dlq)[0].Attributes["AWSTraceHeader"])
	c.clock.Advance(30 * time.Second)
	_, err = c.client.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq})
	require.NoError(t, err)
	require.Equal(t, trace, c.receive(t, source)[0].Attributes["AWSTraceHeader"])
}

func TestAMoveTaskFailsForMessagesOfUnknownSource(t *testing.T) {
	c := newCloud(t)
	dlq, _ := c.dead(t, 1)
	c.receive(t, dlq) // hides the two redriven messages
	c.send(t, dlq, "sent to the dead-letter queue itself")
	_, err := c.client.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq})
	require.NoError(t, err)
	task := c.tasks(t, dlq)[0]
	require.Equal(t, "FAILED", *task.Status)
	require.Equal(t, "CouldNotDetermineMessageSource", *task.FailureReason)
	require.Equal(t, [3]string{"1", "2", "0"}, c.counts(dlq))

	_, err = c.client.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq, DestinationArn: aws.String(QueueARN("none"))})
	require.Equal(t, "ResourceNotFoundException", code(err))
}

func TestAMessageThatWasSentToADeadLetterQueueDirectlyIsMovedToANamedDestination(t *testing.T) {
	for name, other := range map[string]bool{"here": false, "the other answer": true} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			if other {
				c.account.Guesses.Turn(guess.MoveWithoutSource)
			}
			dlq := c.queue(t, "dlq", nil)
			source := c.queue(t, "a", redriveTo(dlq, 1))
			c.send(t, dlq, "1")
			_, err := c.client.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq, DestinationArn: &source})
			require.NoError(t, err)
			require.Equal(t, [3]string{"1", "0", "0"}, c.counts(source))

			// Without a destination it depends.
			c.send(t, dlq, "2")
			_, err = c.client.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq})
			require.NoError(t, err)
			require.Equal(t, map[bool]string{false: "FAILED", true: "COMPLETED"}[other], *c.tasks(t, dlq)[0].Status)
			require.Equal(t, map[bool]string{false: "1", true: "0"}[other], c.counts(dlq)[0])
		})
	}
}

func TestRedriveAllowPolicyLimitsTheSourceQueues(t *testing.T) {
	c := newCloud(t)
	allow := func(policy string) string {
		require.NoError(t, c.configure(c.findARN(QueueARN("dlq")), settingsMap{"RedriveAllowPolicy": policy}))
		_, err := c.create("source", redriveTo(QueueARN("dlq"), 1), nil)
		if q := c.findARN(QueueARN("source")); q != nil {
			c.destroy(q)
		}
		return code(err)
	}
	c.queue(t, "dlq", nil)
	require.Empty(t, allow(`{"redrivePermission":"allowAll"}`))
	require.Equal(t, "InvalidAttributeValue", allow(`{"redrivePermission":"denyAll"}`))
	require.Empty(t, allow(`{"redrivePermission":"byQueue","sourceQueueArns":["`+QueueARN("source")+`"]}`))
	require.Equal(t, "InvalidAttributeValue", allow(`{"redrivePermission":"byQueue","sourceQueueArns":["`+QueueARN("other")+`"]}`))
}
