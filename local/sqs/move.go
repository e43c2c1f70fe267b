package sqs

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/wire"
)

// moveTask moves the messages of a dead-letter queue to another queue, or each to the queue that it came from.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
type moveTask struct {
	service     *Service
	handle      string
	source      *queue
	destination *string // ARN; nil for the queue that each message came from
	rate        *int    // messages per second; nil for as fast as can be
	started     time.Time
	toMove      int

	mu      sync.Mutex
	status  string
	failure string
	moved   int
}

const (
	maxRate      = 500
	maxTasksKept = 10 // of one queue, in ListMessageMoveTasks
)

type startMoveInput struct {
	SourceARN string  `json:"SourceArn"`
	DestARN   *string `json:"DestinationArn"`
	Rate      *int    `json:"MaxNumberOfMessagesPerSecond"`
}

type taskOutput struct{ TaskHandle string }

// startMessageMoveTask needs, beside its own permission, those to take the messages out of the one queue and to send
// them to the others.
func (s *Service) startMessageMoveTask(c *wire.Call, in *startMoveInput) (*taskOutput, error) {
	source, err := s.moveSource(c, "StartMessageMoveTask", in.SourceARN)
	if err != nil {
		return nil, err
	}
	if in.Rate != nil && (*in.Rate < 1 || *in.Rate > maxRate) {
		return nil, outside(*in.Rate, "MaxNumberOfMessagesPerSecond", 1, maxRate)
	}
	sources := s.sourcesOf(source)
	if len(sources) == 0 {
		return nil, invalid("Source queue must be configured as a Dead Letter Queue.")
	}
	destinations := sources
	if in.DestARN != nil {
		destinations = []string{*in.DestARN}
	}
	for _, arn := range destinations {
		q := s.findARN(arn)
		if err := c.Authorize("sqs:SendMessage", arn, wire.WithResourcePolicy(q.accessPolicy())); err != nil {
			return nil, err
		}
		if q == nil {
			return nil, noResource("DestinationArn")
		}
	}

	source.mu.Lock()
	now := source.clock.Now()
	source.advance(now)
	toMove := source.counts[ready]
	source.mu.Unlock()
	t := &moveTask{
		service: s, handle: uuid.NewString(), source: source, destination: in.DestARN, rate: in.Rate, started: now,
		toMove: toMove, status: "RUNNING",
	}
	s.taskMu.Lock()
	defer s.taskMu.Unlock()
	for _, other := range s.tasks {
		if other.source == source && other.is("RUNNING") {
			return nil, legacy(http.StatusBadRequest, "UnsupportedOperation", "There is already a task running. Only one active task is allowed for a source queue arn at a given time.")
		}
	}
	s.tasks = append(s.tasks, t)
	t.run()
	return &taskOutput{t.handle}, nil
}

// moveSource authorizes an action on message move tasks, which includes reading the dead-letter queue.
func (s *Service) moveSource(c *wire.Call, action, arn string) (*queue, error) {
	if arn == "" {
		return nil, missing("SourceArn")
	}
	q := s.findARN(arn)
	for _, a := range []string{action, "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		if err := c.Authorize("sqs:"+a, arn, wire.WithResourcePolicy(q.accessPolicy())); err != nil {
			return nil, err
		}
	}
	if q == nil {
		return nil, noResource("SourceArn")
	}
	return q, nil
}

func noResource(parameter string) *wire.Error {
	return refuse(http.StatusBadRequest, "ResourceNotFoundException", "", "The resource that you specified for the %s parameter doesn't exist.", parameter)
}

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

// run moves what may be moved in this second, and comes back in the next if messages are left.
func (t *moveTask) run() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for n := 0; t.status == "RUNNING"; n++ {
		if t.rate != nil && n == *t.rate {
			t.source.clock.AfterFunc(time.Second, t.run)
			return
		}
		if t.moved == t.toMove {
			t.status = "COMPLETED"
		} else {
			t.step()
		}
	}
}

// step moves one message. AWS gives it a new id and age.
func (t *moveTask) step() {
	q := t.source
	q.mu.Lock()
	now := q.clock.Now()
	q.advance(now)
	m := q.ready.first
	if m == nil {
		q.mu.Unlock()
		t.status = "COMPLETED" // others have received what was left
		return
	}
	to := m.source
	if t.destination != nil {
		to = *t.destination
	}
	if to == "" {
		q.mu.Unlock()
		t.status, t.failure = "FAILED", "CouldNotDetermineMessageSource"
		return
	}
	q.remove(m)
	q.mu.Unlock()

	anew := &message{Message: m.Message, id: uuid.NewString(), md5: m.md5, md5Attrs: m.md5Attrs, sender: m.sender, sent: now}
	if target := t.service.findARN(to); target == nil || !target.add(anew, now) {
		q.add(m, m.sent)
		t.status, t.failure = "FAILED", "AWS.SimpleQueueService.NonExistentQueue"
		return
	}
	t.moved++
}

func (t *moveTask) is(status string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status == status
}

type listMoveInput struct {
	SourceARN  string `json:"SourceArn"`
	MaxResults *int
}

type listMoveOutput struct{ Results []moveResult }

type moveResult struct {
	TaskHandle string  `json:",omitempty"` // of a running task
	Status     string  //
	SourceARN  string  `json:"SourceArn"`
	DestARN    *string `json:"DestinationArn,omitempty"`
	Rate       *int    `json:"MaxNumberOfMessagesPerSecond,omitempty"`
	Moved      int     `json:"ApproximateNumberOfMessagesMoved"`
	ToMove     int     `json:"ApproximateNumberOfMessagesToMove"`
	Failure    string  `json:"FailureReason,omitempty"`
	Started    int64   `json:"StartedTimestamp"`
}

func (s *Service) listMessageMoveTasks(c *wire.Call, in *listMoveInput) (*listMoveOutput, error) {
	source, err := s.moveSource(c, "ListMessageMoveTasks", in.SourceARN)
	if err != nil {
		return nil, err
	}
	limit := 1
	if in.MaxResults != nil {
		if limit = *in.MaxResults; limit < 1 || limit > maxTasksKept {
			return nil, outside(limit, "MaxResults", 1, maxTasksKept)
		}
	}
	s.taskMu.Lock()
	defer s.taskMu.Unlock()
	out := &listMoveOutput{Results: []moveResult{}}
	for _, t := range slices.Backward(s.tasks) {
		if t.source == source && len(out.Results) < limit {
			out.Results = append(out.Results, t.result())
		}
	}
	return out, nil
}

func (t *moveTask) result() moveResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := moveResult{
		Status: t.status, SourceARN: t.source.arn, DestARN: t.destination, Rate: t.rate, Moved: t.moved, ToMove: t.toMove,
		Failure: t.failure, Started: t.started.UnixMilli(),
	}
	if t.status == "RUNNING" {
		r.TaskHandle = t.handle
	}
	return r
}

type cancelMoveOutput struct {
	Moved int `json:"ApproximateNumberOfMessagesMoved"`
}

func (s *Service) cancelMessageMoveTask(c *wire.Call, in *taskOutput) (*cancelMoveOutput, error) {
	s.taskMu.Lock()
	i := slices.IndexFunc(s.tasks, func(t *moveTask) bool { return t.handle == in.TaskHandle })
	var t *moveTask
	if i >= 0 {
		t = s.tasks[i]
	}
	s.taskMu.Unlock()
	if t == nil {
		return nil, noResource("TaskHandle")
	}
	if _, err := s.moveSource(c, "CancelMessageMoveTask", t.source.arn); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status != "RUNNING" {
		return nil, legacy(http.StatusBadRequest, "UnsupportedOperation", "Only active tasks can be cancelled.")
	}
	t.status = "CANCELLED"
	return &cancelMoveOutput{t.moved}, nil
}
