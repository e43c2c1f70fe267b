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
	source        *queue
	destination   *string // ARN; nil for the source queue of each message
	started       time.Time
	toMove, moved int
	failure       string // why it has ended before all were moved; empty if it has not
}

// move runs a task to its end. It moves the messages that can be received when it begins. As on AWS, they get a new id and age.
func (s *Service) move(source *queue, destination *string) *moveTask {
	fallback := "" // where messages go that were sent to the dead-letter queue directly
	if sources := s.sourcesOf(source); len(sources) == 1 && s.account.Guesses.Other(guess.MoveWithoutSource) {
		fallback = sources[0]
	}
	messages := source.receivable()
	t := &moveTask{source: source, destination: destination, started: s.account.Clock.Now(), toMove: len(messages)}
	for _, m := range messages {
		to := cmp.Or(aws.ToString(destination), m.source, fallback)
		if to == "" {
			t.failure = "CouldNotDetermineMessageSource"
			return t
		}
		if !source.takeOut(m) {
			continue // a consumer has received it
		}
		if target := s.findARN(to); target == nil || !target.add(newMessage(m.Message, m.sender, t.started), t.started) {
			source.add(m, m.sent)
			t.failure = "AWS.SimpleQueueService.NonExistentQueue"
			return t
		}
		t.moved++
	}
	return t
}

// receivable returns the messages that can be received.
func (q *queue) receivable() (messages []*message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.advance(q.clock.Now())
	for e := q.ready.Front(); e != nil; e = e.Next() {
		messages = append(messages, e.Value.(*message))
	}
	return messages
}

// takeOut removes a message, if it still can be received.
func (q *queue) takeOut(m *message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.messages[m.seq] != m || m.state != ready {
		return false
	}
	q.remove(m)
	return true
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

func (t *moveTask) result() wire.Object {
	status := "COMPLETED"
	if t.failure != "" {
		status = "FAILED"
	}
	return wire.Object{
		"Status": status, "SourceArn": t.source.arn, "ApproximateNumberOfMessagesMoved": t.moved,
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
	t := s.move(source, in.DestARN)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.moves = append(s.moves, t)
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
