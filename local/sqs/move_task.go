package sqs

import (
	"cmp"
	"time"

	"github.com/order-patterns/order-patterns/local/guess"
)

// moveTask moves the messages of a dead-letter queue to another queue, or each to its source queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
type moveTask struct {
	service     *Service
	source      *queue
	destination *string // ARN; nil for the source queue of each message
	started     time.Time
	status      string // empty while it runs
	failure     string
	moved       int
	toMove      int
}

// Statuses of a task.
const (
	moveCompleted = "COMPLETED"
	moveFailed    = "FAILED"
)

// move runs a task to its end. It moves the messages that are in the queue when it begins.
func (s *Service) move(source *queue, destination *string) {
	source.mu.Lock()
	now := source.clock.Now()
	source.advance(now)
	toMove := source.counts[ready]
	source.mu.Unlock()
	t := &moveTask{service: s, source: source, destination: destination, started: now, toMove: toMove}
	for t.status == "" && t.moved < toMove {
		t.step()
	}
	if t.status == "" {
		t.status = moveCompleted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moves = append(s.moves, t)
}

// sourcesOf returns the ARNs of the queues with this dead-letter queue.
func (s *Service) sourcesOf(dlq *queue) (arns []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, q := range s.queues {
		if q.redrivesTo(dlq.arn) {
			arns = append(arns, q.arn)
		}
	}
	return arns
}

// step moves one message. As on AWS, it gets a new id and age.
func (t *moveTask) step() {
	q, only := t.source, "" // the queue of messages that were sent here directly
	if sources := t.service.sourcesOf(q); len(sources) == 1 && t.service.account.Guesses.Other(guess.MoveWithoutSource) {
		only = sources[0]
	}
	q.mu.Lock()
	now := q.clock.Now()
	q.advance(now)
	first := q.ready.Front()
	if first == nil {
		q.mu.Unlock()
		t.status = moveCompleted // consumers have received the other messages
		return
	}
	m := first.Value.(*message)
	to := cmp.Or(m.source, only)
	if t.destination != nil {
		to = *t.destination
	}
	if to == "" {
		q.mu.Unlock()
		t.status, t.failure = moveFailed, "CouldNotDetermineMessageSource"
		return
	}
	q.remove(m)
	q.mu.Unlock()

	if target := t.service.findARN(to); target == nil || !target.add(newMessage(m.Message, m.sender, now), now) {
		q.add(m, m.sent)
		t.status, t.failure = moveFailed, "AWS.SimpleQueueService.NonExistentQueue"
		return
	}
	t.moved++
}

func (t *moveTask) result() moveResult {
	return moveResult{
		Status: t.status, SourceARN: t.source.arn, DestARN: t.destination, Moved: t.moved, ToMove: t.toMove, Failure: t.failure,
		Started: t.started.UnixMilli(),
	}
}
