package stepfunctions

func succeed(_ *visit, input any) (any, error) { return input, nil }

func fail(v *visit, input any) (any, error) {
	evaluate := func(text, field string, path reference) (string, error) {
		if path.expression == nil {
			return text, nil
		}
		value, err := path.expression(v.scope(input))
		text, ok := value.(string)
		if err == nil && !ok {
			err = runtimef("The %s parameter does not reference a string", field)
		}
		return text, err
	}
	name, err := evaluate(v.state.Error, "ErrorPath", v.state.ErrorPath)
	if err != nil {
		return nil, err
	}
	cause, err := evaluate(v.state.Cause, "CausePath", v.state.CausePath)
	if err != nil {
		return nil, err
	}
	return nil, &failure{Name: name, Cause: cause}
}

func pass(v *visit, input any) (any, error) {
	if v.state.Result != nil {
		return parseJSON(string(v.state.Result))
	}
	return v.fill(v.state.Parameters, input)
}

// wait waits for seconds: times and paths are not implemented.
func wait(v *visit, input any) (any, error) { return input, v.sleep(seconds(v.state.Seconds)) }
