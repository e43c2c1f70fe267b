package stepfunctions

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) register() {
	wire.HandleOn(&s.JSON, "StartExecution", s.openMachine, s.startExecution)
	wire.HandleOn(&s.JSON, "RedriveExecution", s.openExecution, s.redriveExecution)
	wire.HandleOn(&s.JSON, "DescribeExecution", s.openExecution, describeExecution)
	wire.HandleOn(&s.JSON, "GetExecutionHistory", s.openExecution, getExecutionHistory)
	wire.HandleOn(&s.JSON, "ListExecutions", s.openMachine, s.listExecutions)
	wire.HandleOn(&s.JSON, "DescribeStateMachine", s.openMachine, describeStateMachine)
	wire.HandleAllowed(&s.JSON, "states:ListStateMachines", machineARN("*"), s.listStateMachines)
	wire.HandleOn(&s.JSON, "UpdateStateMachine", s.openMachine, s.updateStateMachine)
}

type startInput struct {
	machineInput
	Name        *string `json:"name"`
	Input       *string `json:"input"`
	TraceHeader string  `json:"traceHeader"`
}

// startExecution is idempotent for Standard workflows:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func (s *Service) startExecution(c *wire.Call, m *machine, in *startInput) (wire.Object, error) {
	name, input := uuid.NewString(), "{}"
	if in.Name != nil {
		name = *in.Name
	}
	if in.Input != nil {
		input = *in.Input
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > maxName || forbiddenInName.MatchString(name) {
		return nil, refuse("InvalidName", "Invalid Name: '%s'", name)
	}
	if len(input) > maxData {
		return nil, refuse("ValidationException", "input must have at most %d bytes", maxData)
	}
	data, err := parseJSON(input)
	if err != nil {
		return nil, refuse("InvalidExecutionInput", "Invalid State Machine Execution Input: '%v'", err)
	}
	// The header of the request takes precedence over the parameter.
	header := cmp.Or(c.Header.Get("X-Amzn-Trace-Id"), in.TraceHeader)
	e, started, err := s.start(m, name, input, data, header)
	if err != nil {
		return nil, err
	}
	return wire.Object{"executionArn": e, "startDate": epoch(started)}, nil
}

type executionInput struct {
	ExecutionARN string `json:"executionArn"`
}

func (in executionInput) Target() string { return in.ExecutionARN }

func (s *Service) openExecution(c *wire.Call, arn string) (*execution, error) {
	isExpress := strings.HasPrefix(arn, account.ARN(signingName, "express:"))
	if err := checkARN(arn, account.ARN(signingName, "execution:")); err != nil && !isExpress {
		return nil, err
	}
	if err := c.Authorize("states:"+c.Operation, arn); err != nil {
		return nil, err
	}
	if isExpress {
		return nil, typeNotSupported()
	}
	s.mu.RLock()
	e := s.executions[arn]
	s.mu.RUnlock()
	return wire.Found(e, executionDoesNotExist(arn))
}

// item is the execution as lists show it. The caller holds the lock.
func (e *execution) item() wire.Object {
	i := wire.Object{
		"executionArn": e.arn, "stateMachineArn": e.machine.arn, "name": e.name, "status": e.status, "startDate": epoch(e.started),
		"redriveCount": e.redrives,
	}
	if e.status != running {
		i["stopDate"] = epoch(e.stopped)
	}
	if e.redrives > 0 {
		i["redriveDate"] = epoch(e.redriven)
	}
	return i
}

func describeExecution(_ *wire.Call, e *execution, _ *executionInput) (wire.Object, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.item().With(wire.Object{
		"output": e.output, "error": e.failure.Name, "cause": e.failure.Cause, "traceHeader": e.trace.incoming,
	})
	out["input"], out["redriveStatus"] = e.input, "REDRIVABLE"
	if reason := e.notRedrivable(); reason != "" {
		out["redriveStatus"], out["redriveStatusReason"] = "NOT_REDRIVABLE", reason
	}
	return out, nil
}

type pageInput struct {
	MaxResults int    `json:"maxResults"`
	NextToken  string `json:"nextToken"`
}

// page returns the items that follow those that the token stands for, and the next token. A token is the number of the
// last item returned. Items that are added later do not shift the pages.
func page[T any](in pageInput, items []T, descending bool, number func(T) int) ([]T, string, error) {
	const most = 1000
	limit := cmp.Or(in.MaxResults, 100)
	if limit < 0 || limit > most {
		return nil, "", refuse("ValidationException", "maxResults must be from 0 to %d, got %d", most, limit)
	}
	if in.NextToken != "" {
		seen, err := strconv.Atoi(in.NextToken)
		if err != nil {
			return nil, "", refuse("InvalidToken", "Invalid Token: '%s'", in.NextToken)
		}
		items = slices.DeleteFunc(items, func(item T) bool {
			n := number(item)
			return n == seen || (n > seen) == descending
		})
	}
	if len(items) <= limit {
		return items, "", nil
	}
	return items[:limit], strconv.Itoa(number(items[limit-1])), nil
}

type historyInput struct {
	executionInput
	Reverse bool `json:"reverseOrder"`
	pageInput
}

func getExecutionHistory(_ *wire.Call, e *execution, in *historyInput) (wire.Object, error) {
	e.mu.Lock()
	events := slices.Clone(e.events)
	e.mu.Unlock()
	if in.Reverse {
		slices.Reverse(events)
	}
	events, next, err := page(in.pageInput, events, in.Reverse, func(ev event) int { return ev.id })
	if err != nil {
		return nil, err
	}
	list := make([]map[string]any, len(events))
	for i := range events {
		list[i] = events[i].output()
	}
	return wire.Object{"events": list}.With(wire.Object{"nextToken": next}), nil
}

type listInput struct {
	machineInput
	StatusFilter string `json:"statusFilter"`
	pageInput
}

// listExecutions returns the newest executions first.
func (s *Service) listExecutions(_ *wire.Call, m *machine, in *listInput) (wire.Object, error) {
	if m.kind == express {
		return nil, typeNotSupported()
	}
	if in.StatusFilter != "" && !slices.Contains(statuses, in.StatusFilter) {
		return nil, refuse("ValidationException", "statusFilter must be one of %q, got %q", statuses, in.StatusFilter)
	}
	type item struct {
		number int
		shown  wire.Object
	}
	var items []item
	for _, e := range s.executionsOf(m) {
		e.mu.Lock()
		if in.StatusFilter == "" || e.status == in.StatusFilter {
			items = append(items, item{e.number, e.item()})
		}
		e.mu.Unlock()
	}
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(b.number, a.number) })
	items, next, err := page(in.pageInput, items, true, func(i item) int { return i.number })
	if err != nil {
		return nil, err
	}
	list := []wire.Object{}
	for _, i := range items {
		list = append(list, i.shown)
	}
	return wire.Object{"executions": list}.With(wire.Object{"nextToken": next}), nil
}
