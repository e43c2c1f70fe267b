package console_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/localtest"
)

// send posts n requests to the API of a shop.
func (s *shop) send(t testing.TB, n int) {
	t.Helper()
	for range n {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/order", strings.NewReader("{}"))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusAccepted, resp.StatusCode)
	}
}

func (s *shop) poison(t testing.TB, w *world) {
	t.Helper()
	_, err := sqs.NewFromConfig(w.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &s.queue.id, MessageBody: aws.String("poison")})
	require.NoError(t, err)
}

// pause stops the polls of the queue and waits until they have ended.
func (s *shop) pause(t testing.TB, w *world) {
	t.Helper()
	client := lambda.NewFromConfig(w.Config())
	_, err := client.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: &s.mapping.id, Enabled: aws.Bool(false)})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		m, err := client.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: &s.mapping.id})
		return err == nil && *m.State == "Disabled"
	}, 20*time.Second, 10*time.Millisecond)
}

func TestWhatHappensIsCountedSinceThePageWasConnected(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	counted := func(n float64) func(console.Live) bool {
		return func(l console.Live) bool {
			for _, d := range []deployed{s.api, s.take, s.topic, s.queue, s.keep, s.table} {
				if l.Nodes[d.arn()].Total < n {
					return false
				}
			}
			return true
		}
	}
	earlier := w.open(t)
	<-earlier.live
	s.send(t, 2)
	earlier.until(t, "two orders", counted(2))
	earlier.stop()
	time.Sleep(200 * time.Millisecond) // the console notices

	first := w.open(t)
	l := <-first.live
	require.Equal(t, w.Clock.Now().UTC(), l.Time)
	require.Len(t, l.Nodes, 7)
	require.Zero(t, l.Nodes[s.api.arn()].Total)

	s.send(t, 3)
	rate := 0.0
	l = first.until(t, "three orders", func(l console.Live) bool {
		rate = max(rate, l.Nodes[s.api.arn()].Rate)
		return counted(3)(l)
	})
	require.Positive(t, rate)
	for _, d := range []deployed{s.api, s.take, s.topic, s.queue, s.table} {
		require.InDelta(t, 3, l.Nodes[d.arn()].Total, 0, d.urn)
		require.Zero(t, l.Nodes[d.arn()].Errors, d.urn)
	}
	l = first.until(t, "percentiles", func(l console.Live) bool {
		return l.Nodes[s.take.arn()].P99Ms != nil && l.Nodes[s.table.arn()].P50Ms != nil
	})
	require.Nil(t, l.Nodes[s.topic.arn()].P50Ms)

	second := w.open(t)
	l = <-second.live
	require.Zero(t, l.Nodes[s.api.arn()].Total)
	s.send(t, 1)
	second.until(t, "one order", counted(1))
	first.until(t, "four orders", counted(4))
}

func TestErrorsDeadLettersAndAlarmsAreThoseOfTheirNodes(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	p := w.open(t)
	s.poison(t, w)
	l := p.until(t, "an error", func(l console.Live) bool {
		return l.Nodes[s.keep.arn()].Errors == 1 && l.Nodes[s.queue.arn()].InFlight == 1
	})
	require.Zero(t, l.Nodes[s.dead.arn()].Errors)
	require.Empty(t, l.Alarms)

	// After the visibility timeout, the queue moves the message. At the start of the next minute the alarm is raised.
	w.Clock.Advance(time.Minute)
	l = p.until(t, "an alarm", func(l console.Live) bool { return l.Nodes[s.dead.arn()].Waiting == 1 && len(l.Alarms) == 1 })
	require.InDelta(t, 1, l.Nodes[s.dead.arn()].Errors, 0)
	require.Equal(t, s.keep.arn(), l.Alarms[0].Node)
	require.Equal(t, "It fails", l.Alarms[0].Description)
	require.Equal(t, "ALARM", l.Alarms[0].State)
	require.Equal(t, w.Clock.Now().UTC().Truncate(time.Minute), l.Alarms[0].Since)
	require.Equal(t, []string{l.Alarms[0].Name}, l.Nodes[s.keep.arn()].Alarms)
	require.Empty(t, l.Nodes[s.take.arn()].Alarms)

	w.Clock.Advance(4 * time.Minute)
	l = p.until(t, "no alarm", func(l console.Live) bool { return len(l.Alarms) == 0 })
	require.Zero(t, l.Nodes[s.keep.arn()].Errors, "the error is older than two minutes")
}

func TestAPausedConsumerLetsMessagesWait(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	p := w.open(t)
	require.False(t, (<-p.live).Nodes[s.queue.arn()].Paused)
	s.pause(t, w)
	s.send(t, 3)
	p.until(t, "three messages", func(l console.Live) bool { return l.Nodes[s.queue.arn()].Paused && l.Nodes[s.queue.arn()].Waiting == 3 })
}

func TestRecordsExecutionsAndObjects(t *testing.T) {
	w := newWorld(t)
	stream := w.deploy(t, "aws:kinesis/stream:Stream", "river-events", map[string]any{"shardCount": 2})
	bucket := w.deploy(t, "aws:s3/bucketV2:BucketV2", "river-files", nil)
	read := w.function(t, "river-read", nil, []string{stream.arn(), "kinesis:*"}, []string{bucket.arn() + "/*", "s3:PutObject"})
	w.deploy(t, "aws:lambda/eventSourceMapping:EventSourceMapping", "river-read", map[string]any{
		"eventSourceArn": stream.arn(), "functionName": read.arn(), "startingPosition": "TRIM_HORIZON", "enabled": false,
	})
	machine := w.deploy(t, "aws:sfn/stateMachine:StateMachine", "river", map[string]any{
		"roleArn":    w.role(t, "river", "states", []string{read.arn(), "lambda:InvokeFunction"}).arn(),
		"definition": fmt.Sprintf(`{"StartAt":"Wait","States":{"Wait":{"Type":"Wait","Seconds":60,"Next":"Read"},"Read":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":%q},"End":true}}}`, read.arn()),
	})
	p := w.open(t)
	<-p.live

	for i := range 3 {
		_, err := kinesis.NewFromConfig(w.Config()).PutRecord(t.Context(), &kinesis.PutRecordInput{
			StreamARN: aws.String(stream.arn()), PartitionKey: aws.String(fmt.Sprint(i)), Data: []byte("{}"),
		})
		require.NoError(t, err)
	}
	_, err := sfn.NewFromConfig(w.Config()).StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(machine.arn())})
	require.NoError(t, err)
	for _, cfg := range []aws.Config{w.Config(), w.Role(t, "writer", localtest.Allow("*", "s3:PutObject"))} { // only the second is traffic
		_, err = s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket.id, Key: aws.String("files/1"), Body: strings.NewReader("x"),
		})
		require.NoError(t, err)
	}
	l := p.until(t, "records, an execution and an object", func(l console.Live) bool {
		return l.Nodes[stream.arn()].Waiting == 3 && l.Nodes[machine.arn()].Waiting == 1 && l.Nodes[bucket.arn()].Total > 0
	})
	require.True(t, l.Nodes[stream.arn()].Paused)
	require.InDelta(t, 3, l.Nodes[stream.arn()].Total, 0)
	require.InDelta(t, 1, l.Nodes[bucket.arn()].Total, 0)
	require.InDelta(t, 1, l.Nodes[machine.arn()].Total, 0)
	require.Nil(t, l.Nodes[machine.arn()].P50Ms)

	w.Clock.Advance(time.Minute)
	l = p.until(t, "the end of the execution", func(l console.Live) bool { return l.Nodes[machine.arn()].P50Ms != nil })
	require.Zero(t, l.Nodes[machine.arn()].Waiting)
	require.InDelta(t, 60_000, *l.Nodes[machine.arn()].P50Ms, 0)
	require.InDelta(t, 1, l.Nodes[read.arn()].Total, 0)
}

func TestAJumpOfTheClockLosesNoCount(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	p := w.open(t)
	<-p.live
	for _, jump := range []time.Duration{time.Minute, 10 * time.Minute, 30 * time.Hour} {
		s.send(t, 2)
		p.until(t, "the calls", func(l console.Live) bool {
			return l.Nodes[s.keep.arn()].InFlight == 0 && l.Nodes[s.queue.arn()].Waiting == 0
		})
		w.Clock.Advance(jump)
		s.send(t, 1)
	}
	l := p.until(t, "nine orders", func(l console.Live) bool { return l.Nodes[s.api.arn()].Total >= 9 })
	require.InDelta(t, 9, l.Nodes[s.api.arn()].Total, 0)
	require.Greater(t, l.AheadMs, (30 * time.Hour).Milliseconds())
}

func TestAPageIsToldWhenWhatIsDeployedChanges(t *testing.T) {
	w := newWorld(t)
	p := w.open(t)
	require.Empty(t, (<-p.live).Nodes)
	require.Empty(t, p.maps)
	s := w.shop(t)
	p.until(t, "the nodes", func(l console.Live) bool { return len(l.Nodes) == 7 })
	require.NotEmpty(t, p.maps)
	w.remove(t, s.table)
	p.until(t, "a node less", func(l console.Live) bool { return len(l.Nodes) == 6 })
}

func TestNothingIsReadWhenNobodyLooks(t *testing.T) {
	w := newWorld(t)
	w.shop(t)
	var reads atomic.Int32
	w.Fault(t, fault.Rule{Action: "cloudwatch:*", Do: func(context.Context, fault.Event) error {
		reads.Add(1)
		return nil
	}})
	time.Sleep(1500 * time.Millisecond)
	require.Zero(t, reads.Load())
	pages := []*page{w.open(t), w.open(t)}
	for _, p := range pages {
		<-p.live
		<-p.live
	}
	require.LessOrEqual(t, reads.Load(), int32(12), "two reads of each sample")
	for _, p := range pages {
		p.stop()
	}
	time.Sleep(200 * time.Millisecond)
	before := reads.Load()
	time.Sleep(1500 * time.Millisecond)
	require.Equal(t, before, reads.Load())

	<-w.open(t).live
	require.Greater(t, reads.Load(), before)
}
