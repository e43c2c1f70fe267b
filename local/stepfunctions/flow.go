package stepfunctions

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"
)

func indexed(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

func sortedNames(states map[string]*state) []string { return slices.Sorted(maps.Keys(states)) }

// pass is the work of a Pass state: its result, or its input.
type pass struct {
	result any
	given  bool
}

func readPass(n *node, _ *state) work {
	v, ok := n.take("Result")
	return pass{v, ok}
}

func (p pass) do(v *visit, input any) (any, error) {
	if p.given {
		return p.result, nil
	}
	return v.fill(v.state.parameters, input)
}

type succeed struct{}

func readSucceed(*node, *state) work { return succeed{} }

func (succeed) do(_ *visit, input any) (any, error) { return input, nil }

// fail is the work of a Fail state.
type fail struct{ error, cause expression }

func readFail(n *node, _ *state) work {
	n.atMostOne("Error", "ErrorPath")
	n.atMostOne("Cause", "CausePath")
	read := func(name string) expression {
		if n.has(name) {
			return literal{n.text(name)}
		}
		return n.expression(name + "Path")
	}
	return fail{read("Error"), read("Cause")}
}

func (f fail) do(v *visit, input any) (any, error) {
	sc := v.scope(input)
	failed := &failure{}
	for field, e := range map[string]expression{"Error": f.error, "Cause": f.cause} {
		if e == nil {
			continue
		}
		value, err := e.evaluate(sc)
		if err != nil {
			return nil, err
		}
		text, ok := value.(string)
		switch {
		case !ok:
			return nil, runtimef("The %sPath parameter does not reference a string", field)
		case field == "Error":
			failed.Name = text
		default:
			failed.Cause = text
		}
	}
	return nil, failed
}

// wait is the work of a Wait state: until a time, or for seconds.
type wait struct {
	field string // of the definition
	value expression
}

func readWait(n *node, _ *state) work {
	var w wait
	given := 0
	for _, field := range []string{"Seconds", "Timestamp", "SecondsPath", "TimestampPath"} {
		if !n.has(field) {
			continue
		}
		given++
		w.field = field
		switch field {
		case "Seconds":
			w.value = literal{number(n.integer(field, 0, maxSeconds, 0))}
		case "Timestamp":
			text := n.text(field)
			if _, ok := timestamp(text); !ok {
				n.failf(n.where(field), "Value is not a valid RFC 3339 timestamp: '%s'", text)
			}
			w.value = literal{text}
		default:
			// A nil path must not become an expression that is not nil.
			if p := n.path(field); p != nil {
				w.value = p
			}
		}
	}
	if given != 1 {
		n.failf(n.at, "Exactly one of the fields Seconds, Timestamp, SecondsPath and TimestampPath is required")
	}
	return w
}

func (w wait) do(v *visit, input any) (any, error) {
	value, err := w.value.evaluate(v.scope(input))
	if err != nil {
		return nil, runtimef("The %s parameter does not reference an input value: %s", w.field, w.value.(*path).text)
	}
	var d time.Duration
	switch value := value.(type) {
	case json.Number:
		n, err := value.Int64()
		if w.field == "TimestampPath" || err != nil || n < 0 || n > maxSeconds {
			return nil, runtimef("The %s parameter cannot be %s", w.field, value)
		}
		d = time.Duration(n) * time.Second
	case string:
		at, ok := timestamp(value)
		if w.field == "SecondsPath" || !ok {
			return nil, runtimef("The %s parameter does not reference a valid ISO-8601 extended offset date-time format string: %s", w.field, value)
		}
		d = at.Sub(v.service.account.Clock.Now())
	default:
		return nil, runtimef("The %s parameter cannot be %s", w.field, render(value))
	}
	return input, v.sleep(d)
}

// errClosed ends the run of an execution that was closed from outside: stopped, timed out, or its service closed.
var errClosed = errors.New("the execution is closed")

// sleep returns after d, or with errClosed.
func (v *visit) sleep(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := v.service.account.Clock.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.Chan():
		return nil
	case <-v.ctx.Done():
		return errClosed
	}
}

// timestamp reads the RFC 3339 profile of the States Language: with a capital T and, for UTC, a capital Z.
func timestamp(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil
}
