package sqs

import (
	"maps"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// poisonReceives is how often a message may be received before the age of the oldest message leaves it out.
const poisonReceives = 3

// publish publishes metrics of the queue:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (q *queue) publish(values ...account.Value) {
	q.service.account.Publish("AWS/SQS", q.dimensions, values...)
}

// gauge publishes what is in the queues. On AWS, queues that are empty and unused for six hours publish nothing.
func (s *Service) gauge(end time.Time, publish func(string, map[string]string, ...account.Value)) {
	s.mu.RLock()
	queues := slices.Collect(maps.Values(s.queues)) // a queue that is locked may find another one
	s.mu.RUnlock()
	for _, q := range queues {
		publish("AWS/SQS", q.dimensions, q.contents(end)...)
	}
}

// contents counts the messages. A message that was moved to a dead-letter queue is as old as its move.
func (q *queue) contents(at time.Time) []account.Value {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance(q.clock.Now())
	values := []account.Value{account.Count("ApproximateNumberOfMessagesVisible", q.counts[ready])}
	if n := q.counts[inFlight]; n > 0 {
		values = append(values, account.Count("ApproximateNumberOfMessagesNotVisible", n))
	}
	if n := q.counts[delayed]; n > 0 {
		values = append(values, account.Count("ApproximateNumberOfMessagesDelayed", n))
	}
	oldest := at
	for _, m := range q.messages {
		if m.receivesHere < poisonReceives && m.arrived.Before(oldest) {
			oldest = m.arrived
		}
	}
	if age := at.Sub(oldest); age > 0 {
		values = append(values, account.Value{Metric: "ApproximateAgeOfOldestMessage", Unit: "Seconds", Value: age.Truncate(time.Second).Seconds()})
	}
	return values
}
