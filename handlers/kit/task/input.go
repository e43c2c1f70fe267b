package task

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// Input is what the component Orchestrator gives to a task, and to the function that undoes one. I is the input of the execution:
// [Started] if the API started it. A state machine of another kind may give anything else.
type Input[I any] struct {
	Input     I      `json:"input"`
	Execution string `json:"execution"` // the name of the execution
	Attempt   int    `json:"attempt"`   // how often this state was tried before
	// Results are what the tasks have answered, by their names; null for those that have not.
	Results map[string]json.RawMessage `json:"results"`
	// Failure is why the execution is undone; nil for a task.
	Failure *Failure `json:"failure"`
}

// Failure is the name of an error, and what Step Functions says about it.
type Failure struct {
	Error string
	Cause string
}

// Result decodes what a task has answered into a variable, and reports whether it has. The error is permanent.
func (in Input[I]) Result(task string, into any) (found bool, err error) {
	text := in.Results[task]
	if len(text) == 0 || string(text) == "null" {
		return false, nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		return false, permanent.Error(fmt.Errorf("reading the result of the task %s: %w", task, err))
	}
	return true, nil
}

// state says which try at which execution this is.
func (in Input[I]) state() (execution string, attempt int) { return in.Execution, in.Attempt }

// Started is the input of an execution that the API of the component Orchestrator started, with a request's body of type B.
type Started[B any] struct {
	ID           string `json:"id"`        // that the client chose, or else the request's
	RequestID    string `json:"requestid"` // of the request
	AcceptedAtMs int64  `json:"accepted"`  // milliseconds since 1970
	// Caller is the account of the caller, where tokens are verified; "" for one who may act for any account.
	Caller string `json:"caller"`
	Body   B      `json:"body"`
}

// Accepted is when the API accepted the request, to the millisecond, in UTC; zero if the input does not say.
func (s Started[B]) Accepted() time.Time {
	if s.AcceptedAtMs == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.AcceptedAtMs).UTC()
}
