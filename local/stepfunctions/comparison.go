package stepfunctions

import (
	"cmp"
	"encoding/json"
	"math/big"
	"regexp"
)

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
