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

// register adds the operations of the API.
func (s *Service) register() {
	wire.Handle(&s.JSON, "StartExecution", s.startExecution)
	wire.Handle(&s.JSON, "RedriveExecution", s.redriveExecution)
	wire.Handle(&s.JSON, "DescribeExecution", s.describeExecution)
	wire.Handle(&s.JSON, "GetExecutionHistory", s.getExecutionHistory)
	wire.Handle(&s.JSON, "ListExecutions", s.listExecutions)
	wire.Handle(&s.JSON, "DescribeStateMachine", s.describeStateMachine)
	wire.Handle(&s.JSON, "ListStateMachines", s.listStateMachines)
	wire.Handle(&s.JSON, "UpdateStateMachine", s.updateStateMachine)
}

type startInput struct {
	StateMachineARN string  `json:"stateMachineArn"`
	Name            *string `json:"name"`
	Input           *string `json:"input"`
	TraceHeader     string  `json:"traceHeader"`
}

type startOutput struct {
	ExecutionARN string `json:"executionArn"`
	StartDate    epoch  `json:"startDate"`
}

// startExecution is idempotent for Standard workflows:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
func (s *Service) startExecution(c *wire.Call, in *startInput) (*startOutput, error) {
	m, err := s.openMachine(c, "StartExecution", in.StateMachineARN)
	if err != nil {
		return nil, err
	}
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
	return &startOutput{e, epoch(started)}, nil
}

// openExecution authorizes an action on an execution and returns it.
func (s *Service) openExecution(c *wire.Call, action, arn string) (*execution, error) {
	isExpress := strings.HasPrefix(arn, account.ARN(signingName, "express:"))
	if err := checkARN(arn, account.ARN(signingName, "execution:")); err != nil && !isExpress {
		return nil, err
	}
	if err := c.Authorize("states:"+action, arn); err != nil {
		return nil, err
	}
	if isExpress {
		return nil, typeNotSupported()
	}
	s.mu.Lock()
	s.deleteOld()
	e := s.executions[arn]
	s.mu.Unlock()
	if e == nil {
		return nil, executionDoesNotExist(arn)
	}
	return e, nil
}

// executionItem is an execution in a list.
type executionItem struct {
	ExecutionARN    string `json:"executionArn"`
	StateMachineARN string `json:"stateMachineArn"`
	Name            string `json:"name"`
	Status          string `json:"status"`
	StartDate       epoch  `json:"startDate"`
	StopDate        *epoch `json:"stopDate,omitempty"`
	RedriveCount    int    `json:"redriveCount"`
	RedriveDate     *epoch `json:"redriveDate,omitempty"`

	number int
}

// item is the execution as lists show it. The caller holds the lock.
func (e *execution) item() executionItem {
	i := executionItem{
		ExecutionARN: e.arn, StateMachineARN: e.machine.arn, Name: e.name, Status: e.status, StartDate: epoch(e.started), number: e.number,
		RedriveCount: e.redrives.count(), RedriveDate: e.redrives.date(),
	}
	if e.status != running {
		stopped := epoch(e.stopped)
		i.StopDate = &stopped
	}
	return i
}

type executionInput struct {
	ExecutionARN string `json:"executionArn"`
}

type describeExecutionOutput struct {
	executionItem
	Input       string  `json:"input"`
	Output      *string `json:"output,omitempty"`
	Error       string  `json:"error,omitempty"`
	Cause       string  `json:"cause,omitempty"`
	TraceHeader string  `json:"traceHeader,omitempty"`

	RedriveStatus       string `json:"redriveStatus"`
	RedriveStatusReason string `json:"redriveStatusReason,omitempty"`
}

func (s *Service) describeExecution(c *wire.Call, in *executionInput) (*describeExecutionOutput, error) {
	e, err := s.openExecution(c, "DescribeExecution", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	redrive, reason := "REDRIVABLE", e.notRedrivable()
	if reason != "" {
		redrive = "NOT_REDRIVABLE"
	}
	return &describeExecutionOutput{e.item(), e.input, e.output, e.failure.Name, e.failure.Cause, e.trace.incoming, redrive, reason}, nil
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
	ExecutionARN string `json:"executionArn"`
	Reverse      bool   `json:"reverseOrder"`
	pageInput
}

type historyOutput struct {
	Events    []map[string]any `json:"events"`
	NextToken string           `json:"nextToken,omitempty"`
}

func (s *Service) getExecutionHistory(c *wire.Call, in *historyInput) (*historyOutput, error) {
	e, err := s.openExecution(c, "GetExecutionHistory", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
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
	out := &historyOutput{Events: make([]map[string]any, len(events)), NextToken: next}
	for i := range events {
		out.Events[i] = events[i].output()
	}
	return out, nil
}

type listInput struct {
	StateMachineARN string `json:"stateMachineArn"`
	StatusFilter    string `json:"statusFilter"`
	pageInput
}

type listOutput struct {
	Executions []executionItem `json:"executions"`
	NextToken  string          `json:"nextToken,omitempty"`
}

// listExecutions returns the newest executions first.
func (s *Service) listExecutions(c *wire.Call, in *listInput) (*listOutput, error) {
	m, err := s.openMachine(c, "ListExecutions", in.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if m.kind == express {
		return nil, typeNotSupported()
	}
	if in.StatusFilter != "" && !slices.Contains(statuses, in.StatusFilter) {
		return nil, refuse("ValidationException", "statusFilter must be one of %q, got %q", statuses, in.StatusFilter)
	}
	items := []executionItem{}
	for _, e := range s.executionsOf(m) {
		e.mu.Lock()
		if in.StatusFilter == "" || e.status == in.StatusFilter {
			items = append(items, e.item())
		}
		e.mu.Unlock()
	}
	slices.SortFunc(items, func(a, b executionItem) int { return cmp.Compare(b.number, a.number) })
	items, next, err := page(in.pageInput, items, true, func(i executionItem) int { return i.number })
	return &listOutput{items, next}, err
}
