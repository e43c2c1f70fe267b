package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local"
	"github.com/order-patterns/order-patterns/local/console"
)

type letters struct {
	Messages []console.DeadLetter
	More     bool
}

func deadLetters(t testing.TB, w *world, queue deployed) letters {
	t.Helper()
	return get[letters](t, w, "/api/deadletters?queue="+url.QueryEscape(queue.arn()))
}

func TestWhatAFaultMadeADeadLetterIsRedriven(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	require.Empty(t, deadLetters(t, w, s.dead).Messages)
	_, remove := w.inject(t, faultInput{"kind": "deny", "node": s.table.arn()})
	resp, err := http.Post(s.url+"/order", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Eventually(t, func() bool { return w.Lambda.Stats(s.keep.id).Errors == 1 }, 20*time.Second, 10*time.Millisecond)

	var moved struct{ Time string }
	w.do(t, "POST", "/api/clock", map[string]any{"seconds": 31}, &moved) // the visibility timeout
	var dead letters
	require.Eventually(t, func() bool { dead = deadLetters(t, w, s.dead); return len(dead.Messages) == 1 }, 20*time.Second, 10*time.Millisecond)
	require.Contains(t, dead.Messages[0].Body, `"message"`)
	require.NotEmpty(t, dead.Messages[0].ID)
	require.Greater(t, dead.Messages[0].Receives, 1)
	sent, err := time.Parse(time.RFC3339, dead.Messages[0].Sent)
	require.NoError(t, err)
	require.WithinDuration(t, w.Clock.Now().Add(-31*time.Second), sent, 2*time.Second)

	remove()
	var redriven struct{ Moved int }
	w.do(t, "POST", "/api/redrive", map[string]any{"queue": s.dead.arn()}, &redriven)
	require.Equal(t, 1, redriven.Moved)
	require.Empty(t, deadLetters(t, w, s.dead).Messages)
	require.Eventually(t, func() bool { stats := w.Lambda.Stats(s.keep.id); return stats.Invocations == 2 && stats.Busy == 0 }, 20*time.Second, 10*time.Millisecond)
	require.EqualValues(t, 1, w.Lambda.Stats(s.keep.id).Errors)
}

func TestALookAtDeadLettersHidesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	client := sqs.NewFromConfig(w.Config())
	for i := range 101 {
		_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.dead.id, MessageBody: aws.String(fmt.Sprint(i)), MessageAttributes: map[string]types.MessageAttributeValue{
			"ErrorCode": {DataType: aws.String("Number"), StringValue: aws.String("200")},
		}})
		require.NoError(t, err)
	}
	dead := deadLetters(t, w, s.dead)
	require.Len(t, dead.Messages, 100)
	require.True(t, dead.More)
	require.Equal(t, "0", dead.Messages[0].Body)
	require.Equal(t, map[string]string{"ErrorCode": "200"}, dead.Messages[0].Attributes)
	out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &s.dead.id, MaxNumberOfMessages: 10})
	require.NoError(t, err)
	require.Len(t, out.Messages, 10)
	dead = deadLetters(t, w, s.dead)
	require.Len(t, dead.Messages, 91)
	require.False(t, dead.More)

	// They were sent to the dead-letter queue directly.
	status, problem := w.send(t, "POST", "/api/redrive", map[string]any{"queue": s.dead.arn()}, nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "queue: 0 messages were moved, and then: CouldNotDetermineMessageSource", problem)
}

func TestQueuesThatCannotBeRedrivenAreRefused(t *testing.T) {
	w := newWorld(t)
	failures := w.deploy(t, "aws:sqs/queue:Queue", "failures", nil)
	for queue, want := range map[string]string{
		failures.arn():       "it is the dead-letter queue of no queue, so its messages have none to go back to",
		"failures":           "ResourceNotFoundException",
		failures.arn() + "x": "ResourceNotFoundException: The resource that you specified for the SourceArn parameter doesn't exist.",
	} {
		status, problem := w.send(t, "POST", "/api/redrive", map[string]any{"queue": queue}, nil)
		require.Equal(t, http.StatusBadRequest, status)
		require.Contains(t, problem, want)
	}
	status, problem := w.send(t, "GET", "/api/deadletters?queue=x", nil, nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, `queue: must be the ARN of a queue of the map, got "x"`, problem)
}

func TestAConsumerIsPausedAndResumed(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	state := func() string {
		out, err := lambda.NewFromConfig(w.Config()).GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: &s.mapping.id})
		require.NoError(t, err)
		return *out.State
	}
	w.do(t, "POST", "/api/pause", map[string]any{"mapping": s.mapping.id, "paused": true}, nil)
	require.Eventually(t, func() bool { return state() == "Disabled" }, 10*time.Second, 10*time.Millisecond)
	w.live(t, "it is paused", func(l console.Live) bool { return l.Nodes[s.queue.arn()].Paused })
	w.do(t, "POST", "/api/pause", map[string]any{"mapping": s.mapping.id, "paused": false}, nil)
	require.Equal(t, "Enabled", state())
	status, problem := w.send(t, "POST", "/api/pause", map[string]any{"mapping": "none", "paused": true}, nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, "ResourceNotFoundException: The resource you requested does not exist.", problem)
}

func TestTheClockIsMovedIfItCanBe(t *testing.T) {
	w := newWorld(t)
	before := w.Clock.Now()
	var now struct {
		Time    string
		AheadMs int64
	}
	w.do(t, "POST", "/api/clock", map[string]any{"seconds": 3600}, &now)
	require.True(t, w.Clock.Now().Equal(before.Add(time.Hour)))
	require.Equal(t, w.Clock.Now().UTC().Format(time.RFC3339Nano), now.Time)
	require.InDelta(t, time.Hour.Milliseconds(), now.AheadMs, 60_000)
	for _, seconds := range []int{0, -1, 604801} {
		status, problem := w.send(t, "POST", "/api/clock", map[string]any{"seconds": seconds}, nil)
		require.Equal(t, http.StatusBadRequest, status)
		require.Equal(t, fmt.Sprintf("seconds: must be from 1 to 604800, got %d", seconds), problem)
	}

	cloud, err := local.Start(local.Options{Clock: clockwork.NewRealClock(), Dir: t.TempDir(), Log: w.Account.Log})
	require.NoError(t, err)
	defer cloud.Close()
	c, err := console.Start(console.Options{Cloud: cloud})
	require.NoError(t, err)
	defer c.Close()
	w.base, w.token, _ = strings.Cut(c.URL(), "/#token=")
	status, problem := w.send(t, "POST", "/api/clock", map[string]any{"seconds": 1}, nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Contains(t, problem, "cannot be moved")
}
