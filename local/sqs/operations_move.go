package sqs

import (
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/wire"
)

type startMoveInput struct {
	SourceARN string  `json:"SourceArn"`
	DestARN   *string `json:"DestinationArn"`
}

type taskOutput struct{ TaskHandle string }

// startMessageMoveTask needs, beside its own permission, those to receive from and delete in the dead-letter queue, and
// to send to the destinations. The task is done when it returns, so that there is nothing to cancel.
func (s *Service) startMessageMoveTask(c *wire.Call, in *startMoveInput) (*taskOutput, error) {
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
	return &taskOutput{uuid.NewString()}, nil
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
	Status    string
	SourceARN string  `json:"SourceArn"`
	DestARN   *string `json:"DestinationArn,omitempty"`
	Moved     int     `json:"ApproximateNumberOfMessagesMoved"`
	ToMove    int     `json:"ApproximateNumberOfMessagesToMove"`
	Failure   string  `json:"FailureReason,omitempty"`
	Started   int64   `json:"StartedTimestamp"`
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
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listMoveOutput{Results: []moveResult{}}
	for _, t := range slices.Backward(s.moves) {
		if t.source == source && len(out.Results) < limit {
			out.Results = append(out.Results, t.result())
		}
	}
	return out, nil
}
