package stepfunctions

// choice is the work of a Choice state: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
type choice struct {
	rules     []rule
	otherwise string // Default; empty if there is none
}

type rule struct {
	test test
	next string
}

type test func(*scope) (bool, error)

func readChoice(n *node, _ *state) work {
	n.require("Choices")
	c := choice{otherwise: n.text("Default")}
	for o := range n.objects("Choices") {
		o.require("Next")
		c.rules = append(c.rules, rule{next: o.text("Next"), test: o.test()})
	}
	return c
}

func (c choice) do(v *visit, input any) (any, error) {
	sc := v.scope(input)
	for _, r := range c.rules {
		holds, err := r.test(sc)
		if err != nil {
			return nil, err
		}
		if holds {
			v.next = r.next
			return input, nil
		}
	}
	if v.next = c.otherwise; v.next == "" {
		return nil, runtimef("Failed to transition out of the state. The state does not point to a next state.")
	}
	return input, nil
}

// test reads the condition of a rule: And, Or, Not, or a Variable with one operator.
func (n *node) test() test {
	n.text("Comment")
	var tests []test
	for _, name := range sortedKeys(n.fields) {
		switch {
		case name == "And" || name == "Or":
			var list []test
			for o := range n.objects(name) {
				list = append(list, o.test())
			}
			tests = append(tests, combine(list, name == "And"))
		case name == "Not":
			v, _ := n.take(name)
			inner := n.node(n.where(name), v)
			t := inner.test()
			inner.close()
			tests = append(tests, func(sc *scope) (bool, error) {
				holds, err := t(sc)
				return !holds, err
			})
		case typeTests[name] != nil:
			tests = append(tests, n.typeTest(name))
		case comparison.MatchString(name):
			tests = append(tests, n.comparison(name))
		}
	}
	if len(tests) != 1 {
		n.failf(n.at, "A choice rule must have exactly one comparison operator")
		return nil
	}
	return tests[0]
}

// combine returns And (all is true) or Or of tests. It stops at the first test that decides.
func combine(tests []test, all bool) test {
	return func(sc *scope) (bool, error) {
		for _, t := range tests {
			if holds, err := t(sc); err != nil || holds != all {
				return holds, err
			}
		}
		return all, nil
	}
}

func (n *node) variable() *path {
	n.require("Variable")
	return n.path("Variable")
}

// typeTest reads an operator that asks for the type of a value. Only IsPresent accepts a value that is absent.
func (n *node) typeTest(name string) test {
	variable, want, is := n.variable(), n.flag(name), typeTests[name]
	return func(sc *scope) (bool, error) {
		v, ok := variable.find(sc)
		if !ok && name != "IsPresent" {
			return false, invalidVariable(variable)
		}
		return (ok && is(v)) == want, nil
	}
}

// comparison reads an operator that compares a value with a constant. Those whose names end with Path are not implemented.
func (n *node) comparison(name string) test {
	variable := n.variable()
	constant, _ := n.take(name)
	matches, accepts := comparer(name, constant)
	if !accepts {
		n.failf(n.where(name), "The value cannot be compared by %s", name)
	}
	return func(sc *scope) (bool, error) {
		v, ok := variable.find(sc)
		if !ok {
			return false, invalidVariable(variable)
		}
		return matches(v), nil
	}
}

func invalidVariable(p *path) error {
	return runtimef("Invalid path '%s': The choice state's condition path references an invalid value.", p.text)
}
