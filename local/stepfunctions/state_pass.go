package stepfunctions

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
