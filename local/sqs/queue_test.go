package sqs

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"
)

func TestAReceivedMessageIsInvisibleUntilItsTimeoutLapses(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", settingsMap{"VisibilityTimeout": "60"})
	c.send(t, arn, "one")
	first := c.receive(t, arn)
	require.Equal(t, "1", first[0].Attributes["ApproximateReceiveCount"])
	require.Empty(t, c.receive(t, arn))
	require.Equal(t, [3]string{"0", "1", "0"}, c.counts(arn))

	c.clock.Advance(60*time.Second - 1)
	require.Empty(t, c.receive(t, arn))
	c.clock.Advance(1)
	require.Equal(t, [3]string{"1", "0", "0"}, c.counts(arn))
	again := c.receive(t, arn)
	require.Equal(t, first[0].MessageID, again[0].MessageID)
	require.Equal(t, "2", again[0].Attributes["ApproximateReceiveCount"])
	require.Equal(t, first[0].Attributes["ApproximateFirstReceiveTimestamp"], again[0].Attributes["ApproximateFirstReceiveTimestamp"])
	require.NotEqual(t, first[0].ReceiptHandle, again[0].ReceiptHandle)

	c.delete(t, arn, first...)
	require.Equal(t, [3]string{"0", "1", "0"}, c.counts(arn), "an old handle succeeds and deletes nothing")
	c.delete(t, arn, again...)
	c.delete(t, arn, again...)
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(arn))
}

func TestTheLatestHandleDeletesAMessageThatIsVisibleAgain(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", nil)
	c.send(t, arn, "one")
	got := c.receive(t, arn)
	c.clock.Advance(time.Minute)
	c.delete(t, arn, got...)
	require.Empty(t, c.receive(t, arn))
}

func TestVisibilityCanBeChangedWhileInFlight(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", nil)
	c.send(t, arn, "one")
	got := c.receive(t, arn)
	change := func(to time.Duration) error {
		_, err := c.client.ChangeMessageVisibility(t.Context(), &sdk.ChangeMessageVisibilityInput{
			QueueUrl: aws.String(c.QueueURL("orders")), ReceiptHandle: &got[0].ReceiptHandle, VisibilityTimeout: int32(to / time.Second),
		})
		return err
	}
	c.clock.Advance(20 * time.Second)
	require.NoError(t, change(100*time.Second))
	c.clock.Advance(99 * time.Second)
	require.Empty(t, c.receive(t, arn))
	require.ErrorContains(t, change(12*time.Hour), "beyond the limit")
	require.NoError(t, change(0))
	require.Equal(t, [3]string{"1", "0", "0"}, c.counts(arn), "0 makes it visible at once")
	require.Equal(t, "AWS.SimpleQueueService.MessageNotInflight", code(change(time.Second)))
	require.Len(t, c.receive(t, arn), 1)
	require.ErrorContains(t, change(time.Second), "not available for visibility timeout change", "the handle is an old one")
}

func TestDelayHidesAMessageAtFirst(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", settingsMap{"DelaySeconds": "10"})
	c.send(t, arn, "one")
	require.Equal(t, [3]string{"0", "0", "1"}, c.counts(arn))
	c.clock.Advance(10*time.Second - 1)
	require.Empty(t, c.receive(t, arn))
	c.clock.Advance(1)
	require.Equal(t, []string{"one"}, bodies(c.receive(t, arn)))
}

func TestRetentionEndsAMessageInAnyState(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", settingsMap{"MessageRetentionPeriod": "120", "VisibilityTimeout": "600"})
	c.send(t, arn, "in flight")
	inFlight := c.receive(t, arn)
	c.send(t, arn, "ready")
	c.clock.Advance(119 * time.Second)
	require.Equal(t, [3]string{"1", "1", "0"}, c.counts(arn))
	c.send(t, arn, "later")
	c.clock.Advance(time.Second)
	require.Equal(t, []string{"later"}, bodies(c.receive(t, arn)))
	c.delete(t, arn, inFlight...)
	require.Equal(t, [3]string{"0", "1", "0"}, c.counts(arn))
	require.NoError(t, c.configure(c.findARN(arn), settingsMap{"MessageRetentionPeriod": "60"}))
	c.clock.Advance(time.Minute)
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(arn))
	require.Empty(t, c.findARN(arn).messages, "a shorter retention applies to existing messages")
}

func TestAMessageMovesToTheDeadLetterQueueAfterMaxReceiveCount(t *testing.T) {
	c := newCloud(t)
	dlq := c.queue(t, "orders-dlq", settingsMap{"MessageRetentionPeriod": "3600"})
	arn := c.queue(t, "orders", redriveTo(dlq, 2))
	c.send(t, arn, "poison")
	sent := c.receive(t, arn)[0]
	c.clock.Advance(30 * time.Second)
	require.Len(t, c.receive(t, arn), 1, "maxReceiveCount receives are allowed")
	c.clock.Advance(30 * time.Second)
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(dlq), "the message moves at the next attempt to receive it")
	c.send(t, arn, "good")
	require.Equal(t, []string{"good"}, bodies(c.receive(t, arn)), "the receive skips the dead message")

	dead := c.receive(t, dlq)
	require.Equal(t, []string{"poison"}, bodies(dead))
	require.Equal(t, sent.MessageID, dead[0].MessageID)
	require.Equal(t, sent.Attributes["SentTimestamp"], dead[0].Attributes["SentTimestamp"])
	require.Equal(t, "3", dead[0].Attributes["ApproximateReceiveCount"], "receives count over both queues")
	require.Equal(t, arn, dead[0].Attributes["DeadLetterQueueSourceArn"])
	c.clock.Advance(time.Hour - time.Minute)
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(dlq), "its retention is counted from the first send")
}

func TestMessagesStayIfTheDeadLetterQueueIsDeleted(t *testing.T) {
	c := newCloud(t)
	dlq := c.queue(t, "orders-dlq", nil)
	arn := c.queue(t, "orders", redriveTo(dlq, 1))
	c.destroy(c.findARN(dlq))
	c.send(t, arn, "poison")
	for range 3 {
		require.Len(t, c.receive(t, arn), 1)
		c.clock.Advance(30 * time.Second)
	}
}

// poll starts a long poll and returns what it will receive.
func (c *cloud) poll(ctx context.Context, arn string, wait time.Duration) <-chan []Received {
	out := make(chan []Received, 1)
	q := c.findARN(arn)
	q.mu.Lock()
	before := len(q.waiters)
	q.mu.Unlock()
	go func() {
		got, err := c.Receive(ctx, c.admin, arn, 10, 0, wait)
		if err != nil {
			got = []Received{{Body: err.Error()}}
		}
		out <- got
	}()
	eventually(c.t, func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		return len(q.waiters) > before
	})
	return out
}

func TestALongPollWaitsForAMessageToBecomeVisible(t *testing.T) {
	for name, test := range map[string]struct {
		settings settingsMap
		before   func(*cloud, string)
		then     func(*cloud, string)
		want     []string
	}{
		"sent": {
			then: func(c *cloud, arn string) { c.send(c.t, arn, "one") },
			want: []string{"one"},
		},
		"its delay ends": {
			settings: settingsMap{"DelaySeconds": "5"},
			before:   func(c *cloud, arn string) { c.send(c.t, arn, "one") },
			then:     func(c *cloud, _ string) { c.clock.Advance(5 * time.Second) },
			want:     []string{"one"},
		},
		"delayed while somebody waits": {
			settings: settingsMap{"DelaySeconds": "5"},
			then:     func(c *cloud, arn string) { c.send(c.t, arn, "one"); c.clock.Advance(5 * time.Second) },
			want:     []string{"one"},
		},
		"its visibility timeout ends": {
			settings: settingsMap{"VisibilityTimeout": "7"},
			before:   func(c *cloud, arn string) { c.send(c.t, arn, "one"); c.receive(c.t, arn) },
			then:     func(c *cloud, _ string) { c.clock.Advance(7 * time.Second) },
			want:     []string{"one"},
		},
		"nothing comes": {
			then: func(c *cloud, _ string) { c.clock.Advance(20 * time.Second) },
			want: []string{},
		},
		"the queue is deleted": {
			then: func(c *cloud, arn string) { c.destroy(c.findARN(arn)) },
			want: []string{"QueueDoesNotExist: The specified queue does not exist."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			arn := c.queue(t, "orders", test.settings)
			if test.before != nil {
				test.before(c, arn)
			}
			got := c.poll(t.Context(), arn, 20*time.Second)
			require.NoError(t, c.clock.BlockUntilContext(t.Context(), 1))
			select {
			case early := <-got:
				t.Fatalf("answered at once: %v", early)
			default:
			}
			test.then(c, arn)
			select {
			case messages := <-got:
				require.Equal(t, test.want, bodies(messages))
			case <-time.After(5 * time.Second):
				t.Fatal("no answer")
			}
		})
	}
}

func TestALongPollOfTheDeadLetterQueueReceivesRedrivenMessages(t *testing.T) {
	c := newCloud(t)
	dlq := c.queue(t, "orders-dlq", nil)
	arn := c.queue(t, "orders", redriveTo(dlq, 1))
	require.NoError(t, c.configure(c.findARN(arn), settingsMap{"VisibilityTimeout": "10"}))
	c.send(t, arn, "poison")
	c.receive(t, arn)
	dead := c.poll(t.Context(), dlq, 20*time.Second)
	source := c.poll(t.Context(), arn, 20*time.Second)
	require.NoError(t, c.clock.BlockUntilContext(t.Context(), 3)) // two waits, one timer of a queue
	c.clock.Advance(10 * time.Second)
	require.Equal(t, []string{"poison"}, bodies(<-dead))
	c.clock.Advance(10 * time.Second)
	require.Empty(t, <-source)
}

func TestALongPollThatIsCancelledWakesAnotherOne(t *testing.T) {
	for range 20 {
		c := newCloud(t)
		arn := c.queue(t, "orders", nil)
		ctx, cancel := context.WithCancel(t.Context())
		leaving := c.poll(ctx, arn, 20*time.Second)
		staying := c.poll(t.Context(), arn, 20*time.Second)
		c.SetDelivery(arn, Delivery{Hold: true})
		c.send(t, arn, "one")
		q := c.findARN(arn)
		q.mu.Lock()
		q.delivery = Delivery{}
		cancel()
		q.notify(c.clock.Now()) // wakes the first, which is leaving
		q.mu.Unlock()
		var got []Received
		for len(got) == 0 || got[0].Body != "one" {
			select {
			case got = <-leaving:
			case got = <-staying:
			case <-time.After(5 * time.Second):
				t.Fatal("the message reached nobody")
			}
		}
	}
}

func TestManyConsumersReceiveEveryMessageOnce(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", nil)
	const messages, consumers = 2000, 8
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	seen := make(chan string, messages*2)
	for range consumers {
		go func() {
			for ctx.Err() == nil {
				got, err := c.Receive(ctx, c.admin, arn, 10, 0, 20*time.Second)
				for _, m := range got {
					if err == nil {
						err = c.Delete(ctx, c.admin, arn, []string{m.ReceiptHandle})
					}
					seen <- m.Body
				}
			}
		}()
	}
	for range 4 {
		go func() {
			for i := range messages / 4 {
				_, _ = c.Send(ctx, c.admin, nil, arn, Message{Body: fmt.Sprint(i)})
			}
		}()
	}
	counts := map[string]int{}
	for range messages {
		select {
		case body := <-seen:
			counts[body]++
		case <-time.After(10 * time.Second):
			t.Fatalf("received only %d of %d bodies, want four of each", len(counts), messages/4)
		}
	}
	require.Len(t, counts, messages/4)
	for body, n := range counts {
		require.Equal(t, 4, n, body)
	}
	eventually(t, func() bool { return c.counts(arn) == [3]string{"0", "0", "0"} })
}

func TestDeliveryTwiceReachesTheConsumerTwice(t *testing.T) {
	c := newCloud(t)
	dlq := c.queue(t, "orders-dlq", nil)
	arn := c.queue(t, "orders", redriveTo(dlq, 1))
	c.SetDelivery(arn, Delivery{Twice: true})
	c.send(t, arn, "one", "two")
	seen := map[string]int{}
	for got := c.receive(t, arn); len(got) > 0; got = c.receive(t, arn) {
		for _, m := range got {
			seen[m.MessageID+m.Body]++
			require.Equal(t, "1", m.Attributes["ApproximateReceiveCount"])
		}
		c.delete(t, arn, got...)
		c.delete(t, arn, got...) // the handles of the first copies do not delete the second
	}
	require.Len(t, seen, 2)
	for id, n := range seen {
		require.Equal(t, 2, n, id)
	}
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(dlq))
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(arn))
}

func TestDeliveryOrderIsUnderTestControl(t *testing.T) {
	want := []string{"1", "2", "3", "4", "5", "6", "7", "8"}
	order := func(d Delivery) []string {
		c := newCloud(t)
		c.SetDelivery(QueueARN("orders"), Delivery{Hold: true}) // before there is such a queue
		arn := c.queue(t, "orders", nil)
		c.send(t, arn, want...)
		require.Empty(t, c.receive(t, arn), "held back")
		got := c.poll(t.Context(), arn, 20*time.Second)
		c.SetDelivery(arn, d)
		return bodies(<-got)
	}
	require.Equal(t, want, order(Delivery{}))
	require.Equal(t, []string{"8", "7", "6", "5", "4", "3", "2", "1"}, order(Delivery{Reverse: true}))
	shuffled := order(Delivery{Shuffle: 7})
	require.ElementsMatch(t, want, shuffled)
	require.NotEqual(t, want, shuffled)
	require.Equal(t, shuffled, order(Delivery{Shuffle: 7}), "the same seed gives the same order")
}

func BenchmarkSendReceiveDelete(b *testing.B) {
	c := newCloud(b)
	arn := c.queue(b, "orders", nil)
	ctx := b.Context()
	b.ReportAllocs()
	for i := range b.N {
		if _, err := c.Send(ctx, c.admin, nil, arn, Message{Body: strconv.Itoa(i)}); err != nil {
			b.Fatal(err)
		}
		got, err := c.Receive(ctx, c.admin, arn, 10, 0, 0)
		if err != nil || len(got) != 1 {
			b.Fatal(got, err)
		}
		if err := c.Delete(ctx, c.admin, arn, []string{got[0].ReceiptHandle}); err != nil {
			b.Fatal(err)
		}
	}
}
