package task

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

// Input is the input that the component Orchestrator passes to a task or a compensation. I is the input of the execution: [Started] if the
// API started it. Another state machine may pass any other type.
type Input[I any] struct {
	Input     I      `json:"input"`
	Execution string `json:"execution"` // name of the execution
	Attempt   int    `json:"attempt"`   // number of previous attempts at this state
	// Results are the results of the tasks, by name; null for tasks without a result.
	Results map[string]json.RawMessage `json:"results"`
	// Failure is why the execution is undone. It is nil for a task.
	Failure *Failure `json:"failure"`
}

// Failure is the name of an error, and Step Functions' description of it.
type Failure struct {
	Error string
	Cause string
}

// Result decodes the result of a task into a variable. found reports whether the task has a result. The error is permanent.
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

// state returns the execution and the number of previous attempts.
func (in Input[I]) state() (execution string, attempt int) { return in.Execution, in.Attempt }

// Started is the input of an execution that the API of the component Orchestrator started. B is the type of the request's body.
type Started[B any] struct {
	ID           string `json:"id"`        // chosen by the client, or else the request's id
	RequestID    string `json:"requestid"` // id of the request
	AcceptedAtMs int64  `json:"accepted"`  // milliseconds since 1970
	// Caller is the caller's account, where tokens are verified; "" for a caller who may act for any account.
	Caller string `json:"caller"`
	Body   B      `json:"body"`
}

// Accepted returns when the API accepted the request, to the millisecond, in UTC; zero if the input has no time.
func (s Started[B]) Accepted() time.Time {
	if s.AcceptedAtMs == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.AcceptedAtMs).UTC()
}
