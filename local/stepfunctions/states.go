package stepfunctions

import (
	"encoding/json"
	"time"
)

// succeed is the work of a Succeed state.
type succeed struct{}

func readSucceed(*node, *state) work { return succeed{} }

func (succeed) do(_ *visit, input any) (any, error) { return input, nil }

// fail is the work of a Fail state. Its error and cause are nil if the state has none.
type fail struct{ error, cause expression }

func readFail(n *node, _ *state) work {
	read := func(name string) expression {
		n.atMostOne(name, name+"Path")
		if n.has(name) {
			return literal{n.text(name)}
		}
		return n.expression(name + "Path")
	}
	return fail{read("Error"), read("Cause")}
}

func (f fail) do(v *visit, input any) (any, error) {
	evaluate := func(field string, e expression) (string, error) {
		if e == nil {
			return "", nil
		}
		value, err := e.evaluate(v.scope(input))
		text, ok := value.(string)
		if err == nil && !ok {
			err = runtimef("The %s parameter does not reference a string", field)
		}
		return text, err
	}
	name, err := evaluate("ErrorPath", f.error)
	if err != nil {
		return nil, err
	}
	cause, err := evaluate("CausePath", f.cause)
	if err != nil {
		return nil, err
	}
	return nil, &failure{Name: name, Cause: cause}
}

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
			w.value = n.path(field)
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
	now := v.service.account.Clock.Now()
	seconds, isNumber := value.(json.Number)
	text, isText := value.(string)
	switch {
	case isNumber && w.field != "TimestampPath":
		if n, err := seconds.Int64(); err == nil && n >= 0 && n <= maxSeconds {
			return input, v.sleep(time.Duration(n) * time.Second)
		}
	case isText && w.field != "SecondsPath":
		if at, ok := timestamp(text); ok {
			return input, v.sleep(at.Sub(now))
		}
	}
	return nil, runtimef("The %s parameter cannot be %s", w.field, renderJSON(value))
}

// timestamp reads the RFC 3339 profile of the States Language, which has a capital T and, for UTC, a capital Z.
func timestamp(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil
}
