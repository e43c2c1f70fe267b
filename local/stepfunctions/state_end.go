package stepfunctions

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
