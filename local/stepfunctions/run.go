package stepfunctions

import (
	"errors"
	"fmt"
	"time"
)

// visit is one stay of an execution in a state.
type visit struct {
	*execution
	state   *state
	event   int // id of the event of its entry
	entered time.Time
	retries int
	next    string
}

// run goes through the states of an execution, until it ends or is closed from outside.
func (s *Service) run(e *execution) {
	defer s.background.Done()
	defer s.traced(e)
	defer e.limit.Stop()
	data, text := e.data, e.input
	for st := e.revision.definition.start; ; {
		id := e.record(st.kind+"StateEntered", withInput(details{Name: st.name}, text))
		if id == 0 {
			return
		}
		v := &visit{execution: e, state: st, event: id, entered: s.account.Clock.Now(), next: st.next}
		output, err := v.perform(data)
		if errors.Is(err, errClosed) {
			return
		}
		if err == nil {
			if text = render(output); len(text) > maxData {
				err = tooLarge(st.name)
			}
		}
		if err != nil {
			f := v.failure(err)
			e.stop(failed, "ExecutionFailed", f)
			return
		}
		if e.record(st.kind+"StateExited", withOutput(details{Name: st.name}, text)) == 0 {
			return
		}
		if v.next == "" {
			e.succeed(text)
			return
		}
		data, st = output, e.revision.definition.states[v.next]
	}
}

func tooLarge(what string) *failure {
	return &failure{Name: errorDataLimit, Cause: fmt.Sprintf(
		"The state/task '%s' returned a result with a size exceeding the maximum number of bytes service limit.", what)}
}

// perform does what the state is for, and returns its output. A failure that a catcher is for is no failure.
func (v *visit) perform(raw any) (any, error) {
	output, err := v.process(raw)
	if err == nil || errors.Is(err, errClosed) {
		return output, err
	}
	f := v.failure(err)
	for _, c := range v.state.catchers {
		if !f.matches(c.errors) {
			continue
		}
		v.next = c.next
		return v.place(c.result, raw, map[string]any{"Error": f.Name, "Cause": f.Cause})
	}
	return nil, f
}

// process takes data on its way through a state:
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
func (v *visit) process(raw any) (any, error) {
	st := v.state
	input, err := v.filter(st.input, raw, "InputPath")
	if err != nil {
		return nil, err
	}
	result, err := st.work.do(v, input)
	if err != nil {
		return nil, err
	}
	output := result
	if st.kind == "Task" || st.kind == "Pass" {
		if output, err = v.place(st.result, raw, result); err != nil {
			return nil, err
		}
	}
	return v.filter(st.output, output, "OutputPath")
}

// fill makes the input of the work from the state's.
func (v *visit) fill(t template, data any) (any, error) {
	if t == nil {
		return data, nil
	}
	return t.fill(v.scope(data))
}

func (v *visit) filter(f filter, data any, field string) (any, error) {
	switch {
	case f.none:
		return map[string]any{}, nil
	case f.path == nil:
		return data, nil
	}
	found, ok := f.path.find(v.scope(data))
	if !ok {
		return nil, runtimef("Invalid path '%s': The %s does not select anything in the input '%s'", f.path.text, field, render(data))
	}
	return found, nil
}

// place puts a result into the state's input.
func (v *visit) place(to resultPath, raw, result any) (any, error) {
	switch {
	case to.discard:
		return raw, nil
	case to.path == nil:
		return result, nil
	}
	output, ok := to.path.put(raw, result)
	if !ok {
		return nil, &failure{Name: errorResultPath, Cause: fmt.Sprintf("Unable to apply ReferencePath %s to input %s", to.path.text, render(raw)), inState: true}
	}
	return output, nil
}

// failure is an error as the execution reports it. What is not a failure yet is one of the machine itself.
func (v *visit) failure(err error) *failure {
	f := &failure{Name: errorRuntime, Cause: err.Error(), inState: true}
	var known *failure
	if errors.As(err, &known) {
		f = known
	}
	if !f.inState {
		return f
	}
	return &failure{Name: f.Name, Cause: fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", v.state.name, v.event, f.Cause)}
}

// iso is how times look in data.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// scope is what the expressions of the state refer to.
func (v *visit) scope(data any) *scope {
	return &scope{data: data, context: v.context, random: v.service.random}
}

// context is the context object: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (v *visit) context() map[string]any {
	e := v.execution
	return map[string]any{
		"Execution": map[string]any{
			"Id": e.arn, "Input": e.data, "Name": e.name, "RoleArn": e.revision.args.RoleARN,
			"StartTime": iso(e.started), "RedriveCount": number(0),
		},
		"State":        map[string]any{"EnteredTime": iso(v.entered), "Name": v.state.name, "RetryCount": number(v.retries)},
		"StateMachine": map[string]any{"Id": e.machine.arn, "Name": e.machine.name},
	}
}
