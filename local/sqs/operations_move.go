package sqs

import (
	"net/http"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

type startMoveInput struct {
	SourceARN string  `json:"SourceArn"`
	DestARN   *string `json:"DestinationArn"`
	Rate      *int    `json:"MaxNumberOfMessagesPerSecond"`
}

type taskOutput struct{ TaskHandle string }

// startMessageMoveTask needs, beside its own permission, those to receive from and delete in the dead-letter queue, and
// to send to the destinations.
func (s *Service) startMessageMoveTask(c *wire.Call, in *startMoveInput) (*taskOutput, error) {
	source, err := s.moveSource(c, "StartMessageMoveTask", in.SourceARN)
	if err != nil {
		return nil, err
	}
	if in.Rate != nil && (*in.Rate < 1 || *in.Rate > maxRate) {
		return nil, outside(*in.Rate, "MaxNumberOfMessagesPerSecond", 1, maxRate)
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
	t, err := s.startMove(source, in.DestARN, in.Rate)
	if err != nil {
		return nil, err
	}
	return &taskOutput{t.handle}, nil
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

const maxMoveResults = 10

func (s *Service) listMessageMoveTasks(c *wire.Call, in *listMoveInput) (*listMoveOutput, error) {
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

type cancelMoveOutput struct {
	Moved int `json:"ApproximateNumberOfMessagesMoved"`
}

func (s *Service) cancelMessageMoveTask(c *wire.Call, in *taskOutput) (*cancelMoveOutput, error) {
	t := s.findMove(in.TaskHandle)
	if t == nil {
		return nil, noResource("TaskHandle")
	}
	if _, err := s.moveSource(c, "CancelMessageMoveTask", t.source.arn); err != nil {
		return nil, err
	}
	moved, err := t.cancel()
	return &cancelMoveOutput{moved}, err
}
