package stepfunctions

import (
	"cmp"
	"encoding/json"
	"math/big"
	"regexp"
	"strings"
)

// typeTests are the operators of Choice that ask for the type of a value.
var typeTests = map[string]func(any) bool{
	"IsPresent":   func(any) bool { return true },
	"IsNull":      func(v any) bool { return v == nil },
	"IsString":    func(v any) bool { _, ok := v.(string); return ok },
	"IsNumeric":   func(v any) bool { _, ok := v.(json.Number); return ok },
	"IsBoolean":   func(v any) bool { _, ok := v.(bool); return ok },
	"IsTimestamp": func(v any) bool { _, ok := orders["Timestamp"](v, v); return ok },
}

// comparison matches the operators of Choice that compare two values: their type, and their relation.
var comparison = regexp.MustCompile(`^(?:(String|Numeric|Timestamp)(Equals|LessThan|GreaterThan|LessThanEquals|GreaterThanEquals)|(Boolean)(Equals))(?:Path)?$`)

const stringMatches = "StringMatches"

func isComparison(operator string) bool {
	return operator == stringMatches || comparison.MatchString(operator)
}

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
	"Timestamp": func(a, b any) (int, bool) {
		text, _ := a.(string)
		x, isTime := timestamp(text)
		text, _ = b.(string)
		y, areTimes := timestamp(text)
		return x.Compare(y), isTime && areTimes
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

// comparer returns the function of an operator. Values that are not of the operator's type never match.
func comparer(operator string) func(a, b any) bool {
	if operator == stringMatches {
		return func(a, b any) bool {
			text, ok := a.(string)
			pattern, _ := b.(string)
			return ok && wildcards(pattern).MatchString(text)
		}
	}
	parts := comparison.FindStringSubmatch(operator)
	compare, holds := orders[parts[1]+parts[3]], relations[parts[2]+parts[4]]
	return func(a, b any) bool {
		order, ok := compare(a, b)
		return ok && holds(order)
	}
}

// hasType reports whether a value is of the operator's type.
func hasType(operator string, v any) bool {
	if operator == stringMatches {
		operator = "StringEquals"
	}
	parts := comparison.FindStringSubmatch(operator)
	_, ok := orders[parts[1]+parts[3]](v, v)
	return ok
}

// wildcards is a pattern of StringMatches: * matches any characters, and \ escapes the next character.
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
