package sqs

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/wire"
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

func (s *Service) sourcesOf(dlq *queue) (arns []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, q := range s.queues {
		if r := q.settings.Load().redrive; r != nil && r.Target == dlq.arn {
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
	to := cmp.Or(aws.ToString(t.destination), m.source, only)
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

func (t *moveTask) result() wire.Object {
	return wire.Object{
		"Status": t.status, "SourceArn": t.source.arn, "ApproximateNumberOfMessagesMoved": t.moved,
		"ApproximateNumberOfMessagesToMove": t.toMove, "StartedTimestamp": t.started.UnixMilli(),
	}.With(wire.Object{"DestinationArn": t.destination, "FailureReason": t.failure})
}

type startMoveInput struct {
	SourceARN string  `json:"SourceArn"`
	DestARN   *string `json:"DestinationArn"`
}

// startMessageMoveTask needs, beside its own permission, those to receive from and delete in the dead-letter queue, and
// to send to the destinations. The task is done when it returns, so that there is nothing to cancel.
func (s *Service) startMessageMoveTask(c *wire.Call, in *startMoveInput) (wire.Object, error) {
	source, err := s.moveSource(c, "StartMessageMoveTask", in.SourceARN)
	if err != nil {
		return nil, err
	}
	destinations := s.sourcesOf(source)
	if len(destinations) == 0 {
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	if in.DestARN != nil {
		destinations = []string{*in.DestARN}
	}
	for _, arn := range destinations {
		if _, err := s.allow(c, "SendMessage", arn, noResource("DestinationArn")); err != nil {
			return nil, err
		}
	}
	s.move(source, in.DestARN)
	return wire.Object{"TaskHandle": uuid.NewString()}, nil
}

// moveSource authorizes an action on message move tasks, and to read the dead-letter queue. It returns that queue.
func (s *Service) moveSource(c *wire.Call, action, arn string) (q *queue, err error) {
	if arn == "" {
		return nil, missing("SourceArn")
	}
	for _, a := range []string{action, "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if q, err = s.allow(c, a, arn, noResource("SourceArn")); err != nil {
			return nil, err
		}
	}
	return q, nil
}

func noResource(parameter string) *wire.Error {
	return refuse(http.StatusBadRequest, "ResourceNotFoundException", "", "The resource that you specified for the %s parameter doesn't exist.", parameter)
}

type listMoveInput struct {
	SourceARN  string `json:"SourceArn"`
	MaxResults *int
}

const maxMoveResults = 10

func (s *Service) listMessageMoveTasks(c *wire.Call, in *listMoveInput) (wire.Object, error) {
	source, err := s.moveSource(c, "ListMessageMoveTasks", in.SourceARN)
	if err != nil {
		return nil, err
	}
	limit := 1
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < 1 || limit > maxMoveResults {
			return nil, outside(limit, "MaxResults", 1, maxMoveResults)
		}
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	results := []wire.Object{}
	for _, t := range slices.Backward(s.moves) {
		if t.source == source && len(results) < limit {
			results = append(results, t.result())
		}
	}
	return wire.Object{"Results": results}, nil
}
