package sqs

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// moveTask moves the messages of a dead-letter queue to another queue, or each to its source queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
type moveTask struct {
	service     *Service
	handle      string
	source      *queue
	destination *string // ARN; nil for the source queue of each message
	rate        *int    // messages per second; nil for no limit
	started     time.Time
	toMove      int

	mu      sync.Mutex
	status  string
	failure string
	moved   int
}

// Statuses of a task.
const (
	moveRunning   = "RUNNING"
	moveCompleted = "COMPLETED"
	moveFailed    = "FAILED"
	moveCancelled = "CANCELLED"
)

const maxRate = 500 // messages per second

// startMove runs a task. A queue has one running task at most.
func (s *Service) startMove(source *queue, destination *string, rate *int) (*moveTask, error) {
	source.mu.Lock()
	now := source.clock.Now()
	source.advance(now)
	toMove := source.counts[ready]
	source.mu.Unlock()
	t := &moveTask{
		service: s, handle: uuid.NewString(), source: source, destination: destination, rate: rate, started: now,
		toMove: toMove, status: moveRunning,
	}
	s.taskMu.Lock()
	defer s.taskMu.Unlock()
	for _, other := range s.tasks {
		if other.source == source && other.result().Status == moveRunning {
			return nil, legacy(http.StatusBadRequest, "UnsupportedOperation", "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	s.tasks = append(s.tasks, t)
	t.run()
	return t, nil
}

func (s *Service) findMove(handle string) *moveTask {
	s.taskMu.Lock()
	defer s.taskMu.Unlock()
	if i := slices.IndexFunc(s.tasks, func(t *moveTask) bool { return t.handle == handle }); i >= 0 {
		return s.tasks[i]
	}
	return nil
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

// run moves as many messages as the rate allows, and continues after a second if messages are left.
func (t *moveTask) run() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := 0; t.status == moveRunning; n++ {
		if t.rate != nil && n == *t.rate {
			t.source.clock.AfterFunc(time.Second, t.run)
			return
		}
		if t.moved == t.toMove {
			t.status = moveCompleted
		} else {
			t.step()
		}
	}
}

// step moves one message. As on AWS, it gets a new id and age.
func (t *moveTask) step() {
	q := t.source
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
	to := m.source
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

// cancel ends a running task and returns how many messages it has moved.
func (t *moveTask) cancel() (moved int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status != moveRunning {
		return 0, legacy(http.StatusBadRequest, "UnsupportedOperation", "Only active tasks can be cancelled.")
	}
	t.status = moveCancelled
	return t.moved, nil
}

func (t *moveTask) result() moveResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := moveResult{
		Status: t.status, SourceARN: t.source.arn, DestARN: t.destination, Rate: t.rate, Moved: t.moved, ToMove: t.toMove,
		Failure: t.failure, Started: t.started.UnixMilli(),
	}
	if t.status == moveRunning {
		r.TaskHandle = t.handle
	}
	return r
}
