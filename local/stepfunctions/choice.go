package stepfunctions

import (
	"cmp"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// choice is the work of a Choice state: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
type choice struct {
	rules     []rule
	otherwise string
}

type rule struct {
	test test
	next string
}

// test tells whether a rule holds.
type test func(*scope) (bool, error)

func readChoice(n *node, _ *state) work {
	n.require("Choices")
	c := choice{otherwise: n.text("Default")}
	for i, v := range n.list("Choices") {
		rn := n.node(n.where(indexed("Choices", i)), v)
		rn.require("Next")
		c.rules = append(c.rules, rule{next: rn.text("Next"), test: rn.test()})
		rn.close()
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

var comparison = regexp.MustCompile(`^(?:(?:String|Numeric|Timestamp)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)|Boolean(Equals))(?:Path)?$`)

// test reads the condition of a rule: And, Or or Not of others, or a Variable with one operator.
func (n *node) test() test {
	n.text("Comment")
	var tests []test
	for _, name := range sortedKeys(n.fields) {
		switch {
		case name == "And" || name == "Or":
			var list []test
			for i, v := range n.list(name) {
				inner := n.node(n.where(indexed(name, i)), v)
				list = append(list, inner.test())
				inner.close()
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
		case comparison.MatchString(name), name == "StringMatches", presence[name] != nil:
			n.require("Variable")
			tests = append(tests, n.comparison(name))
		}
	}
	if len(tests) != 1 {
		n.failf(n.at, "A choice rule must have exactly one comparison operator")
		return nil
	}
	return tests[0]
}

// combine is Or of tests, or And.
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

// presence are the operators that ask what a value is. The value is absent for IsPresent alone.
var presence = map[string]func(any) bool{
	"IsPresent": func(any) bool { return true },
	"IsNull":    func(v any) bool { return v == nil },
	"IsString":  func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric": func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean": func(v any) bool { _, ok := v.(bool); return ok },
	"IsTimestamp": func(v any) bool {
		text, _ := v.(string)
		_, ok := timestamp(text)
		return ok
	},
}

func (n *node) comparison(name string) test {
	variable := n.path("Variable")
	if is := presence[name]; is != nil {
		want := n.flag(name)
		return func(sc *scope) (bool, error) {
			v, ok := variable.find(sc)
			if !ok && name != "IsPresent" {
				return false, invalidPath(variable)
			}
			return (ok && is(v)) == want, nil
		}
	}
	compare := comparer(name)
	if strings.HasSuffix(name, "Path") {
		other := n.path(name)
		return func(sc *scope) (bool, error) {
			v, ok := variable.find(sc)
			if !ok {
				return false, invalidPath(variable)
			}
			with, ok := other.find(sc)
			if !ok {
				return false, invalidPath(other)
			}
			return compare(v, with), nil
		}
	}
	with, _ := n.take(name)
	// Every operator compares a value of its own type with itself without failing.
	if t := operand(name, with); t == nil {
		n.failf(n.where(name), "The value cannot be compared by %s", name)
	}
	return func(sc *scope) (bool, error) {
		v, ok := variable.find(sc)
		if !ok {
			return false, invalidPath(variable)
		}
		return compare(v, with), nil
	}
}

func invalidPath(p *path) error {
	return runtimef("Invalid path '%s': The choice state's condition path references an invalid value.", p.text)
}

// operand is a value as an operator compares it; nil if it is not of the operator's type.
func operand(operator string, v any) any {
	text, isText := v.(string)
	switch {
	case strings.HasPrefix(operator, "String") && isText:
		return text
	case strings.HasPrefix(operator, "Numeric"):
		n, _ := v.(json.Number)
		// Exact: money must not be compared as a float. Numbers beyond one are none.
		if f, err := n.Float64(); err == nil {
			r := new(big.Rat)
			if f != 0 {
				r.SetString(n.String())
			}
			return r
		}
	case strings.HasPrefix(operator, "Timestamp") && isText:
		if at, ok := timestamp(text); ok {
			return at
		}
	case strings.HasPrefix(operator, "Boolean"):
		if b, ok := v.(bool); ok {
			return b
		}
	}
	return nil
}

// comparer is what an operator does. Values of different types never match.
func comparer(operator string) func(a, b any) bool {
	if operator == "StringMatches" {
		return func(a, b any) bool {
			text, ok := a.(string)
			pattern, _ := b.(string)
			return ok && wildcards(pattern).MatchString(text)
		}
	}
	relation := comparison.FindStringSubmatch(operator)[1]
	return func(a, b any) bool {
		var order int
		switch a := operand(operator, a).(type) {
		case string:
			b, ok := operand(operator, b).(string)
			if !ok {
				return false
			}
			order = cmp.Compare(a, b)
		case *big.Rat:
			b, ok := operand(operator, b).(*big.Rat)
			if !ok {
				return false
			}
			order = a.Cmp(b)
		case time.Time:
			b, ok := operand(operator, b).(time.Time)
			if !ok {
				return false
			}
			order = a.Compare(b)
		case bool:
			return a == operand(operator, b)
		default:
			return false
		}
		switch relation {
		case "LessThan":
			return order < 0
		case "LessThanEquals":
			return order <= 0
		case "GreaterThan":
			return order > 0
		case "GreaterThanEquals":
			return order >= 0
		}
		return order == 0
	}
}

// wildcards is a pattern of StringMatches, in which * stands for any characters and \ makes the next an ordinary one.
func wildcards(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '*':
			b.WriteString(".*")
			continue
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
		}
		b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
	}
	return regexp.MustCompile(b.String() + "$")
}
