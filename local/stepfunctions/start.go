package stepfunctions

import (
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

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

// forbidden are the characters that the name of an execution must not have.
var forbidden = regexp.MustCompile(`[\s<>{}\[\]?*"#%\\^|~` + "`" + `$&,;:/\x00-\x1f\x7f-\x{9f}\x{fffe}\x{ffff}]`)

// startExecution is idempotent for Standard workflows as
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html tells.
func (s *Service) startExecution(c *wire.Call, in *startInput) (*startOutput, error) {
	if err := checkARN(in.StateMachineARN, machineARN("")); err != nil {
		return nil, err
	}
	if err := c.Authorize("states:StartExecution", in.StateMachineARN); err != nil {
		return nil, err
	}
	name, input := uuid.NewString(), "{}"
	if in.Name != nil {
		name = *in.Name
	}
	if in.Input != nil {
		input = *in.Input
	}
	if n := utf8.RuneCountInString(name); n < 1 || n > 80 || forbidden.MatchString(name) {
		return nil, refuse("InvalidName", "Invalid Name: '%s'", name)
	}
	if len(input) > maxData {
		return nil, refuse("ValidationException", "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less than or equal to %d", maxData)
	}
	data, err := parseData(input)
	if err != nil {
		return nil, refuse("InvalidExecutionInput", "Invalid State Machine Execution Input: '%v'", err)
	}
	m, err := s.machine(in.StateMachineARN)
	if err != nil {
		return nil, err
	}
	// The header of the request is preferred to the parameter.
	header := c.Header.Get("X-Amzn-Trace-Id")
	if header == "" {
		header = in.TraceHeader
	}
	e := &execution{service: s, machine: m, revision: m.current.Load(), name: name, input: input, data: data, status: running}
	e.trace = s.newTrace(e.revision, header)
	if m.kind == express {
		e.arn = account.ARN(signingName, "express:"+m.name+":"+name+":"+uuid.NewString())
	} else {
		e.arn = account.ARN(signingName, "execution:"+m.name+":"+name)
	}
	started, err := s.begin(e)
	if err != nil {
		return nil, err
	}
	return &startOutput{e.arn, epoch(started)}, nil
}

// begin runs an execution, unless there is one with its name: then it tells when that one started, if it still runs and
// has the same input.
func (s *Service) begin(e *execution) (started time.Time, err error) {
	e.mu.Lock() // so that it starts before anything else happens to it
	defer e.mu.Unlock()
	s.mu.Lock()
	if other := s.executions[e.arn]; other != nil && e.machine.kind == standard {
		s.mu.Unlock()
		other.mu.Lock()
		defer other.mu.Unlock()
		if other.status != running || other.input != e.input {
			return other.started, refuse("ExecutionAlreadyExists", "Execution Already Exists: '%s'", e.arn)
		}
		return other.started, nil
	}
	defer s.mu.Unlock()
	switch {
	case s.ctx.Err() != nil:
		return started, wire.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "The service is closing")
	case s.machines[e.machine.arn] != e.machine:
		return started, machineGone(e.machine.arn)
	}
	s.numbers++
	e.number, e.started = s.numbers, s.account.Clock.Now()
	e.start()
	if e.machine.kind == standard {
		s.executions[e.arn] = e
	}
	s.running[e] = true
	s.background.Add(1)
	go s.run(e)
	return e.started, nil
}

// ended moves an execution to the closed ones, and forgets the oldest of them that are too many.
func (s *Service) ended(e *execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, e)
	if s.executions[e.arn] != e {
		return // an Express one, or its machine is gone
	}
	s.closed = append(s.closed, e)
	s.closedSize += e.kept()
	s.forget()
}

// forget drops closed executions that are past what is kept. The caller holds the lock.
func (s *Service) forget() {
	oldest := s.account.Clock.Now().Add(-retention)
	n := 0
	for _, e := range s.closed {
		if len(s.closed)-n <= maxClosed && s.closedSize <= maxClosedSize && e.stopped.After(oldest) {
			break
		}
		s.closedSize -= e.kept()
		delete(s.executions, e.arn)
		s.closed[n] = nil
		n++
	}
	s.closed = s.closed[n:]
}

func refuse(code, format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, code, format, args...)
}

// checkARN refuses what is not an ARN of the kind that begins with prefix.
func checkARN(arn, prefix string) error {
	if name, ok := strings.CutPrefix(arn, prefix); !ok || name == "" {
		return refuse("InvalidArn", "Invalid Arn: '%s'", arn)
	}
	return nil
}
