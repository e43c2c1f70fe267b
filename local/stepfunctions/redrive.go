package stepfunctions

import (
	"net/http"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// redrivable is how long after its end an execution can be redriven.
const redrivable = 14 * 24 * time.Hour

// redrives are those of an execution, the oldest first.
type redrives struct {
	list []redrive
}

type redrive struct {
	token string // the client's, or empty
	at    time.Time
}

func (r redrives) count() int { return len(r.list) }

// date is that of the last redrive, nil if there is none.
func (r redrives) date() *epoch {
	if len(r.list) == 0 {
		return nil
	}
	at := epoch(r.list[len(r.list)-1].at)
	return &at
}

// find returns the redrive that a client asked for with this token. A token is valid for 15 minutes, and one of the last 10.
func (r redrives) find(token string, now time.Time) *redrive {
	for _, old := range r.list[max(0, len(r.list)-10):] {
		if token != "" && old.token == token && now.Sub(old.at) < 15*time.Minute {
			return &old
		}
	}
	return nil
}

// notRedrivable is why an execution cannot be redriven, in the words of DescribeExecution; empty if it can. The caller holds
// the lock.
func (e *execution) notRedrivable() string {
	now := e.service.account.Clock.Now()
	switch {
	case e.status == running || e.status == succeeded:
		return "Execution is " + e.status + " and cannot be redriven"
	case e.last >= maxEvents-1:
		return "Execution history event limit exceeded"
	case now.Sub(e.started) > maxDuration[standard]:
		return "Execution has exceeded the max execution time"
	case now.Sub(e.stopped) > redrivable:
		return "Execution redrivable period exceeded"
	}
	return ""
}

type redriveInput struct {
	ExecutionARN string `json:"executionArn"`
	ClientToken  string `json:"clientToken"`
}

type redriveOutput struct {
	RedriveDate epoch `json:"redriveDate"`
}

// redriveExecution continues an execution from the state in which it failed, timed out or was aborted, with the same input of
// that state: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
func (s *Service) redriveExecution(c *wire.Call, in *redriveInput) (*redriveOutput, error) {
	e, err := s.openExecution(c, "RedriveExecution", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for {
		now := s.account.Clock.Now()
		if old := e.redrives.find(in.ClientToken, now); old != nil {
			return &redriveOutput{epoch(old.at)}, nil
		}
		if reason := e.notRedrivable(); reason != "" {
			return nil, refuse("ExecutionNotRedrivable", "%s", reason)
		}
		select {
		case <-e.finished:
			return s.redrive(e, redrive{in.ClientToken, now})
		default: // it is closed, and about to stop
		}
		e.mu.Unlock()
		<-e.finished
		e.mu.Lock()
	}
}

// redrive runs an execution again that does not run. The caller holds its lock.
func (s *Service) redrive(e *execution, r redrive) (*redriveOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return nil, wire.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is closing")
	case s.executions[e.arn] != e:
		return nil, executionDoesNotExist(e.arn)
	}
	s.closed = slices.DeleteFunc(s.closed, func(other *execution) bool { return other == e })
	s.closedSize -= e.memory()
	e.redrives.list = append(e.redrives.list, r)
	e.failure = failure{}
	e.begin("ExecutionRedriven", &details{RedriveCount: e.redrives.count()})
	return &redriveOutput{epoch(r.at)}, nil
}
