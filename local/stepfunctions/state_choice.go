package stepfunctions

import (
	"cmp"
	"encoding/json"
	"math/big"
	"regexp"
)

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

// typeTests are the operators of Choice that ask for the type of a value.
var typeTests = map[string]func(any) bool{
	"IsPresent": func(any) bool { return true },
	"IsNull":    func(v any) bool { return v == nil },
	"IsString":  func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric": func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean": func(v any) bool { _, ok := v.(bool); return ok },
}

// comparison matches the operators of Choice that compare a value with a constant: their type, and their relation.
var comparison = regexp.MustCompile(`^(?:(String|Numeric)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)|(Boolean)(Equals))$`)

// orders compare two values of a type. ok is false if one of them is not of the type.
var orders = map[string]func(a, b any) (order int, ok bool){
	"String": func(a, b any) (int, bool) {
		x, isText := a.(string)
		y, areTexts := b.(string)
		return cmp.Compare(x, y), isText && areTexts
	},
	"Numeric": func(a, b any) (int, bool) {
		x, y := exact(a), exact(b)
		if x == nil || y == nil {
			return 0, false
		}
		return x.Cmp(y), true
	},
	"Boolean": func(a, b any) (int, bool) {
		x, isFlag := a.(bool)
		y, areFlags := b.(bool)
		if x != y {
			return 1, isFlag && areFlags
		}
		return 0, isFlag && areFlags
	},
}

// exact returns a number as a fraction, because money must not be compared as a float. It returns nil for a value that
// is no number, or beyond the range of float64, whose exponent would take too much memory.
func exact(v any) *big.Rat {
	n, _ := v.(json.Number)
	f, err := n.Float64()
	if err != nil {
		return nil
	}
	r := new(big.Rat)
	if f != 0 { // the exponent of a number that is rounded to 0 may be huge, too
		r.SetString(n.String())
	}
	return r
}

var relations = map[string]func(order int) bool{
	"Equals":            func(order int) bool { return order == 0 },
	"LessThan":          func(order int) bool { return order < 0 },
	"LessThanEquals":    func(order int) bool { return order <= 0 },
	"GreaterThan":       func(order int) bool { return order > 0 },
	"GreaterThanEquals": func(order int) bool { return order >= 0 },
}

// comparer returns the function of an operator. Values that are not of the operator's type never match, and accepts is false for
// a constant that is not.
func comparer(operator string, constant any) (matches func(any) bool, accepts bool) {
	parts := comparison.FindStringSubmatch(operator)
	compare, holds := orders[parts[1]+parts[3]], relations[parts[2]+parts[4]]
	_, accepts = compare(constant, constant)
	return func(v any) bool {
		order, ok := compare(v, constant)
		return ok && holds(order)
	}, accepts
}
