package stepfunctions

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (s *Service) operations() {
	wire.HandleJSON(&s.JSON, "StartExecution", s.startExecution)
	wire.HandleJSON(&s.JSON, "StopExecution", s.stopExecution)
	wire.HandleJSON(&s.JSON, "DescribeExecution", s.describeExecution)
	wire.HandleJSON(&s.JSON, "GetExecutionHistory", s.getExecutionHistory)
	wire.HandleJSON(&s.JSON, "ListExecutions", s.listExecutions)
	wire.HandleJSON(&s.JSON, "DescribeStateMachine", s.describeStateMachine)
	wire.HandleJSON(&s.JSON, "DescribeStateMachineForExecution", s.describeStateMachineForExecution)
	wire.HandleJSON(&s.JSON, "ListStateMachines", s.listStateMachines)
	wire.HandleJSON(&s.JSON, "UpdateStateMachine", s.updateStateMachine)
}

// open authorizes an action on an execution, and finds it.
func (s *Service) open(c *wire.Call, action, arn string) (*execution, error) {
	isExpress := strings.HasPrefix(arn, account.ARN(signingName, "express:"))
	if err := checkARN(arn, account.ARN(signingName, "execution:")); err != nil && !isExpress {
		return nil, err
	}
	if err := c.Authorize("states:"+action, arn); err != nil {
		return nil, err
	}
	if isExpress {
		return nil, unsupportedType()
	}
	s.mu.Lock()
	s.forget()
	e := s.executions[arn]
	s.mu.Unlock()
	if e == nil {
		return nil, refuse("ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn)
	}
	return e, nil
}

func unsupportedType() error {
	return refuse("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
}

type stopInput struct {
	ExecutionARN string `json:"executionArn"`
	Error        string `json:"error"`
	Cause        string `json:"cause"`
}

type stopOutput struct {
	StopDate epoch `json:"stopDate"`
}

func (s *Service) stopExecution(c *wire.Call, in *stopInput) (*stopOutput, error) {
	e, err := s.open(c, "StopExecution", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
	return &stopOutput{epoch(e.stop(aborted, "ExecutionAborted", &failure{Name: in.Error, Cause: in.Cause}))}, nil
}

type executionInput struct {
	ExecutionARN string `json:"executionArn"`
	IncludedData string `json:"includedData"`
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

	number int
}

type included struct {
	Included bool `json:"included"`
}

type describeExecutionOutput struct {
	executionItem
	Input         *string   `json:"input,omitempty"`
	InputDetails  *included `json:"inputDetails,omitempty"`
	Output        *string   `json:"output,omitempty"`
	OutputDetails *included `json:"outputDetails,omitempty"`
	Error         string    `json:"error,omitempty"`
	Cause         string    `json:"cause,omitempty"`
	TraceHeader   string    `json:"traceHeader,omitempty"`
	RedriveStatus string    `json:"redriveStatus"`
	RedriveReason string    `json:"redriveStatusReason"`
}

// item is the execution as lists show it. The caller holds the lock.
func (e *execution) item() executionItem {
	i := executionItem{
		ExecutionARN: e.arn, StateMachineARN: e.machine.arn, Name: e.name, Status: e.status, StartDate: epoch(e.started), number: e.number,
	}
	if e.status != running {
		stopped := epoch(e.stopped)
		i.StopDate = &stopped
	}
	return i
}

func (s *Service) describeExecution(c *wire.Call, in *executionInput) (*describeExecutionOutput, error) {
	e, err := s.open(c, "DescribeExecution", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	out := &describeExecutionOutput{
		executionItem: e.item(), Error: e.failure.Name, Cause: e.failure.Cause, TraceHeader: e.trace.incoming,
		RedriveStatus: "NOT_REDRIVABLE", RedriveReason: "The embedded cloud does not redrive executions",
	}
	data := in.IncludedData != "METADATA_ONLY"
	out.InputDetails = &included{data}
	if e.output != nil {
		out.OutputDetails = &included{data}
	}
	if data {
		out.Input, out.Output = &e.input, e.output
	}
	return out, nil
}

type historyInput struct {
	ExecutionARN string `json:"executionArn"`
	MaxResults   int    `json:"maxResults"`
	Reverse      bool   `json:"reverseOrder"`
	NextToken    string `json:"nextToken"`
	Data         *bool  `json:"includeExecutionData"`
}

type historyOutput struct {
	Events    []map[string]any `json:"events"`
	NextToken string           `json:"nextToken,omitempty"`
}

func (s *Service) getExecutionHistory(c *wire.Call, in *historyInput) (*historyOutput, error) {
	e, err := s.open(c, "GetExecutionHistory", in.ExecutionARN)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	events := slices.Clone(e.events)
	e.mu.Unlock()
	if in.Reverse {
		slices.Reverse(events)
	}
	events, next, err := page(events, in.NextToken, in.MaxResults, in.Reverse, func(ev event) int { return ev.id })
	if err != nil {
		return nil, err
	}
	out := &historyOutput{Events: make([]map[string]any, len(events)), NextToken: next}
	for i := range events {
		out.Events[i] = events[i].render(in.Data == nil || *in.Data)
	}
	return out, nil
}

// page returns the items after those that a token has seen, and the token for what follows. Tokens tell the number of
// the last item seen: items that come meanwhile do not move the others.
func page[T any](items []T, token string, limit int, descending bool, number func(T) int) ([]T, string, error) {
	const most = 1000
	if limit < 0 || limit > most {
		return nil, "", refuse("ValidationException", "1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to %d", limit, most)
	}
	if limit == 0 {
		limit = 100
	}
	if token != "" {
		seen, err := strconv.Atoi(token)
		if err != nil {
			return nil, "", refuse("InvalidToken", "Invalid Token: 'Invalid token'")
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

type listInput struct {
	StateMachineARN string `json:"stateMachineArn"`
	StatusFilter    string `json:"statusFilter"`
	MaxResults      int    `json:"maxResults"`
	NextToken       string `json:"nextToken"`
}

type listOutput struct {
	Executions []executionItem `json:"executions"`
	NextToken  string          `json:"nextToken,omitempty"`
}

// listExecutions shows the newest first.
func (s *Service) listExecutions(c *wire.Call, in *listInput) (*listOutput, error) {
	if err := checkARN(in.StateMachineARN, machineARN("")); err != nil {
		return nil, err
	}
	if err := c.Authorize("states:ListExecutions", in.StateMachineARN); err != nil {
		return nil, err
	}
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return nil, err
	}
	if m.kind == express {
		return nil, unsupportedType()
	}
	if !slices.Contains([]string{"", running, succeeded, failed, timedOut, aborted, "PENDING_REDRIVE"}, in.StatusFilter) {
		return nil, refuse("ValidationException", "1 validation error detected: Value '%s' at 'statusFilter' failed to satisfy constraint: Member must satisfy enum value set", in.StatusFilter)
	}
	var list []*execution
	s.mu.Lock()
	s.forget()
	for _, e := range s.executions {
		if e.machine == m {
			list = append(list, e)
		}
	}
	s.mu.Unlock()
	items := []executionItem{}
	for _, e := range list {
		e.mu.Lock()
		if in.StatusFilter == "" || e.status == in.StatusFilter {
			items = append(items, e.item())
		}
		e.mu.Unlock()
	}
	slices.SortFunc(items, func(a, b executionItem) int { return cmp.Compare(b.number, a.number) })
	items, next, err := page(items, in.NextToken, in.MaxResults, true, func(i executionItem) int { return i.number })
	return &listOutput{items, next}, err
}
