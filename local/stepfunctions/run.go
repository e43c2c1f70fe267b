package stepfunctions

import (
	"errors"
	"fmt"
	"time"
)

type visit struct {
	*execution
	state   *state
	event   int // id of the event StateEntered
	entered time.Time
	retries int
	next    string
}

// errClosed ends the run of an execution that timed out, was aborted, or whose service closed.
var errClosed = errors.New("the execution is closed")

// run goes through the states of an execution until it ends or is closed from outside.
func (s *Service) run(e *execution) {
	defer s.background.Done()
	defer close(e.finished)
	defer s.sendSegment(e)
	defer e.limit.Stop()
	for at := &e.place; ; {
		st := at.state
		// A task that is redriven is scheduled again. Any other state is entered again.
		if at.event == 0 || st.Type != "Task" {
			if e.awaitTransition() != nil {
				return
			}
			at.entered = s.account.Clock.Now()
			if at.event = e.record(st.Type+"StateEntered", withData(details{"name": st.name}, "input", at.text)); at.event == 0 {
				return
			}
		}
		v := &visit{execution: e, state: st, event: at.event, entered: at.entered, next: st.Next}
		output, err := v.perform(at.data)
		if errors.Is(err, errClosed) {
			return
		}
		text := ""
		if err == nil {
			if text = renderJSON(output); len(text) > maxData {
				err = tooLarge(st.name)
			}
		}
		if err != nil {
			e.stop(failed, v.failure(err))
			return
		}
		if e.record(st.Type+"StateExited", withData(details{"name": st.name}, "output", text)) == 0 {
			return
		}
		if v.next == "" {
			e.succeed(text)
			return
		}
		*at = place{state: e.revision.definition.States[v.next], data: output, text: text}
	}
}

// perform runs the state, which applies Parameters and ResultSelector, and returns its output: its result at ResultPath, or the
// failure at that of the catcher that matches it.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
func (v *visit) perform(raw any) (any, error) {
	output, err := v.state.do(v, raw)
	if err == nil {
		output, err = v.put(v.state.ResultPath, raw, output)
	}
	if err == nil || errors.Is(err, errClosed) {
		return output, err
	}
	f := v.failure(err)
	for _, c := range v.state.Catch {
		if f.matches(c.ErrorEquals) {
			v.next = c.Next
			return v.put(c.ResultPath, raw, map[string]any{"Error": f.Name, "Cause": f.Cause})
		}
	}
	return nil, f
}

func (v *visit) fill(t template, data any) (any, error) {
	if t.expression == nil {
		return data, nil
	}
	return t.expression(v.scope(data))
}

func (v *visit) put(to resultPath, raw, result any) (any, error) {
	if to.null {
		return raw, nil
	}
	output, ok := put(raw, result, to.steps)
	if !ok {
		return nil, &failure{Name: errorResultPath, Cause: fmt.Sprintf("Unable to apply ReferencePath %s to input %s", to.text, renderJSON(raw)), inState: true}
	}
	return output, nil
}

// sleep returns after d, or with errClosed.
func (e *execution) sleep(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := e.service.account.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
		return nil
	case <-e.ctx.Done():
		return errClosed
	}
}

func (v *visit) scope(data any) *scope { return &scope{data: data, context: v.context} }

// context is the context object: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
func (v *visit) context() map[string]any {
	e := v.execution
	return map[string]any{
		"Execution": map[string]any{
			"Id": e.arn, "Input": e.data, "Name": e.name, "RoleArn": e.revision.args.RoleARN,
			"StartTime": timeText(e.started), "RedriveCount": number(e.redrives),
		},
		"State":        map[string]any{"EnteredTime": timeText(v.entered), "Name": v.state.name, "RetryCount": number(v.retries)},
		"StateMachine": map[string]any{"Id": e.machine.arn, "Name": e.machine.name},
	}
}

func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
