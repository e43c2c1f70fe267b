package stepfunctions

import (
	"time"
)

type succeed struct{}

func readSucceed(*node, *state) work { return succeed{} }

func (succeed) do(_ *visit, input any) (any, error) { return input, nil }

// fail is the work of a Fail state. Its error and cause are nil if the state has none.
type fail struct{ error, cause expression }

func readFail(n *node, _ *state) work {
	read := func(name string) expression {
		if n.has(name) && n.has(name+"Path") {
			n.failf(n.at, "Only one of the fields can be set: [%s, %sPath]", name, name)
		}
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

// wait is the work of a Wait state. It waits for seconds: times and paths are not implemented.
type wait struct{ duration time.Duration }

func readWait(n *node, _ *state) work {
	n.require("Seconds")
	return wait{seconds(n.integer("Seconds", 0, maxSeconds, 0))}
}

func (w wait) do(v *visit, input any) (any, error) { return input, v.sleep(w.duration) }
