package stepfunctions

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

func succeed(_ *visit, input any) (any, error) { return input, nil }

func fail(v *visit, input any) (any, error) {
	f := &failure{Name: v.state.Error, Cause: v.state.Cause}
	for _, text := range []struct {
		field string
		path  expression
		to    *string
	}{
		{"ErrorPath", v.state.ErrorPath, &f.Name}, {"CausePath", v.state.CausePath, &f.Cause},
	} {
		if text.path == nil {
			continue
		}
		value, err := text.path(v.scope(input))
		if err != nil {
			return nil, err
		}
		var ok bool
		if *text.to, ok = value.(string); !ok {
			return nil, runtimef("The %s parameter does not reference a string", text.field)
		}
	}
	return nil, f
}

func pass(v *visit, input any) (any, error) {
	if v.state.Result != nil {
		return parseJSON(string(v.state.Result))
	}
	return v.fill(v.state.Parameters, input)
}

// wait waits for seconds: times and paths are not implemented.
func wait(v *visit, input any) (any, error) { return input, v.sleep(seconds(v.state.Seconds)) }

// rule is a rule of a Choice state: https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
type rule struct {
	test test
	next string
}

type test func(*scope) (bool, error)

func choose(v *visit, input any) (any, error) {
	sc := v.scope(input)
	for _, r := range v.state.Choices {
		holds, err := r.test(sc)
		if err != nil {
			return nil, err
		}
		if holds {
			v.next = r.next
			return input, nil
		}
	}
	if v.next = v.state.Default; v.next == "" {
		return nil, runtimef("Failed to transition out of the state. The state does not point to a next state.")
	}
	return input, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *rule) UnmarshalJSON(text []byte) error {
	v, err := parseJSON(string(text))
	if fields, ok := v.(map[string]any); ok {
		r.next, _ = fields["Next"].(string)
		delete(fields, "Next")
	}
	if err == nil {
		r.test, err = parseTest(v)
	}
	return err
}

// parseTest reads the condition of a rule: And, Or, Not, or a Variable with one operator.
func parseTest(v any) (test, error) {
	fields, _ := v.(map[string]any)
	name, _ := fields["Variable"].(string)
	delete(fields, "Variable")
	delete(fields, "Comment")
	if len(fields) != 1 {
		return nil, errors.New("a choice rule must have exactly one comparison operator")
	}
	for operator, operand := range fields {
		switch operator {
		case "And", "Or":
			list, _ := operand.([]any)
			tests := make([]test, len(list))
			for i := range list {
				var err error
				if tests[i], err = parseTest(list[i]); err != nil {
					return nil, err
				}
			}
			return combine(tests, operator == "And"), nil
		case "Not":
			t, err := parseTest(operand)
			return func(sc *scope) (bool, error) {
				holds, err := t(sc)
				return !holds, err
			}, err
		}
		variable, err := parsePath(name)
		if err != nil {
			return nil, err
		}
		return parseOperator(variable, operator, operand)
	}
	return nil, nil // not reached
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

// parseOperator reads an operator that asks for the type of a value, or compares it with a constant. Those whose names end with
// Path are not implemented. Only IsPresent accepts a value that is absent.
func parseOperator(variable *path, operator string, operand any) (test, error) {
	var matches func(any) bool
	want, accepts := operand.(bool)
	if is := typeTests[operator]; is != nil {
		matches = func(v any) bool { return is(v) == want }
	} else if comparison.MatchString(operator) {
		matches, accepts = comparer(operator, operand)
	} else {
		return nil, fmt.Errorf("the embedded cloud does not implement the field '%s'", operator)
	}
	if !accepts {
		return nil, fmt.Errorf("the value cannot be compared by %s", operator)
	}
	return func(sc *scope) (bool, error) {
		v, ok := variable.find(sc)
		switch {
		case operator == "IsPresent":
			return ok == want, nil
		case !ok:
			return false, runtimef("Invalid path '%s': The choice state's condition path references an invalid value.", variable.text)
		}
		return matches(v), nil
	}, nil
}

// typeTests are the operators of Choice that ask for the type of a value.
var typeTests = map[string]func(any) bool{
	"IsPresent": func(any) bool { return true }, // of a value that there is
	"IsNull":    func(v any) bool { return v == nil },
	"IsString":  func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric": func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean": func(v any) bool { _, ok := v.(bool); return ok },
}

// comparison matches the operators of Choice that compare a value with a constant: their type, and their relation.
var comparison = regexp.MustCompile(`^(?:(String|Numeric)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)|(Boolean)(Equals))$`)

// order compares two values of an operator's type. ok is false if one of them is not of the type.
func order(kind string, a, b any) (order int, ok bool) {
	switch kind {
	case "String":
		x, isText := a.(string)
		y, areTexts := b.(string)
		return cmp.Compare(x, y), isText && areTexts
	case "Numeric":
		if x, y := exact(a), exact(b); x != nil && y != nil {
			return x.Cmp(y), true
		}
		return 0, false
	}
	x, isFlag := a.(bool)
	y, areFlags := b.(bool)
	return cmp.Compare(fmt.Sprint(x), fmt.Sprint(y)), isFlag && areFlags
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

// comparer returns the function of an operator. Values that are not of the operator's type never match, and accepts is false for
// a constant that is not.
func comparer(operator string, constant any) (matches func(any) bool, accepts bool) {
	parts := comparison.FindStringSubmatch(operator)
	kind, relation := parts[1]+parts[3], parts[2]+parts[4]
	_, accepts = order(kind, constant, constant)
	return func(v any) bool {
		n, ok := order(kind, v, constant)
		return ok && (n < 0 && strings.Contains(relation, "Less") || n > 0 && strings.Contains(relation, "Greater") ||
			n == 0 && strings.Contains(relation, "Equals"))
	}, accepts
}
