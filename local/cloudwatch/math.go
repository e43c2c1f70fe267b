package cloudwatch

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// query is one of the queries of an alarm or of GetMetricData: a statistic of a metric, or an expression of metrics.
type query struct {
	key        string // of the metric
	unit, stat string
	period     time.Duration
	expression formula // nil for a metric
	operands   []string
}

type queries map[string]*query

var queryID = regexp.MustCompile(`^[a-z][A-Za-z0-9_]{0,254}$`)

// compile checks queries. An expression has the period of its operands.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
func compile(list []metricDataQuery) (queries, error) {
	qs := queries{}
	for _, in := range list {
		q := &query{}
		if in.Period != nil {
			q.period = time.Duration(*in.Period) * time.Second
		}
		var err error
		switch stat := in.MetricStat; {
		case !queryID.MatchString(in.Id) || qs[in.Id] != nil:
			err = errors.New("an id begins with a small letter, has only letters, digits and _, and occurs once")
		case (stat == nil) == (in.Expression == nil):
			err = errors.New("it must have either a metric or an expression")
		case stat == nil:
			q.expression, q.operands, err = parseFormula(*in.Expression)
		case stat.Unit != "" && !slices.Contains(stat.Unit.Values(), stat.Unit):
			err = fmt.Errorf("%q is no unit", stat.Unit)
		case stat.Period < 60 || stat.Period%60 != 0 || !slices.Contains(plainStatistics, stat.Stat) && !percentile.MatchString(stat.Stat):
			err = fmt.Errorf("it must have a period that is a multiple of 60 and a known statistic, got %d and %q", stat.Period, stat.Stat)
		default:
			q.key, q.unit, q.stat, q.period = stat.Metric.key(), string(stat.Unit), stat.Stat, time.Duration(stat.Period)*time.Second
		}
		if err != nil {
			return nil, fmt.Errorf("query %q: %w", in.Id, err)
		}
		qs[in.Id] = q
	}
	for _, in := range list {
		id, q := in.Id, qs[in.Id]
		for _, operand := range q.operands {
			switch of := qs[operand]; {
			case of == nil || of.expression != nil:
				return nil, fmt.Errorf("query %q: there is no metric with the id %q", id, operand)
			case q.period != 0 && q.period != of.period:
				return nil, fmt.Errorf("query %q: the embedded cloud needs the same period in all metrics of an expression", id)
			default:
				q.period = of.period
			}
		}
		if q.period == 0 {
			return nil, fmt.Errorf("query %q: the embedded cloud does not support an expression without metrics", id)
		}
	}
	return qs, nil
}

// value returns the value of a query in the period that begins at a time, and false if it has none.
func (qs queries) value(st *store, id string, start time.Time) (float64, bool) {
	q := qs[id]
	if q.expression != nil {
		v := q.expression(func(id string) float64 {
			if v, ok := qs.value(st, id, start); ok {
				return v
			}
			return math.NaN()
		})
		return v, !math.IsNaN(v) && !math.IsInf(v, 0) // such as of a division by 0
	}
	return st.value(q.key, q.unit, q.stat, start, start.Add(q.period))
}

// formula is a parsed expression. As on AWS, it has no value, which is NaN, in a period in which one of its operands has none,
// except those that FILL fills.
type formula func(operand func(id string) float64) float64

var binary = map[token.Token]func(a, b float64) float64{
	token.ADD:  func(a, b float64) float64 { return a + b },
	token.SUB:  func(a, b float64) float64 { return a - b },
	token.MUL:  func(a, b float64) float64 { return a * b },
	token.QUO:  func(a, b float64) float64 { return a / b },
	token.EQL:  func(a, b float64) float64 { return truth(a == b) },
	token.NEQ:  func(a, b float64) float64 { return truth(a != b) },
	token.LSS:  func(a, b float64) float64 { return truth(a < b) },
	token.LEQ:  func(a, b float64) float64 { return truth(a <= b) },
	token.GTR:  func(a, b float64) float64 { return truth(a > b) },
	token.GEQ:  func(a, b float64) float64 { return truth(a >= b) },
	token.LAND: func(a, b float64) float64 { return truth(a != 0 && b != 0) },
	token.LOR:  func(a, b float64) float64 { return truth(a != 0 || b != 0) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// parseFormula parses a part of the syntax of metric math that is also Go's: numbers, ids, the operators above, IF with three
// arguments and FILL with a value. It returns the ids too.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax
func parseFormula(text string) (formula, []string, error) {
	var ids []string
	tree, err := parser.ParseExpr(text)
	if err != nil {
		return nil, nil, err
	}
	f, err := build(tree, &ids)
	return f, ids, err
}

func build(x ast.Expr, ids *[]string) (formula, error) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return build(x.X, ids)
	case *ast.BasicLit:
		v, err := strconv.ParseFloat(x.Value, 64)
		return func(func(string) float64) float64 { return v }, err
	case *ast.Ident:
		*ids = append(*ids, x.Name)
		return func(operand func(string) float64) float64 { return operand(x.Name) }, nil
	case *ast.UnaryExpr:
		if x.Op == token.SUB {
			return build(&ast.BinaryExpr{X: &ast.BasicLit{Value: "0"}, Op: token.SUB, Y: x.X}, ids)
		}
	case *ast.BinaryExpr:
		if op := binary[x.Op]; op != nil {
			return apply(func(v []float64) float64 { return op(v[0], v[1]) }, ids, x.X, x.Y)
		}
	case *ast.CallExpr:
		name, _ := x.Fun.(*ast.Ident)
		switch {
		case name != nil && name.Name == "IF" && len(x.Args) == 3:
			return apply(func(v []float64) float64 {
				if v[0] != 0 {
					return v[1]
				}
				return v[2]
			}, ids, x.Args...)
		case name != nil && name.Name == "FILL" && len(x.Args) == 2:
			series, err := build(x.Args[0], ids)
			if err != nil {
				return nil, err
			}
			filler, err := build(x.Args[1], ids)
			return func(operand func(string) float64) float64 {
				if v := series(operand); !math.IsNaN(v) {
					return v
				}
				return filler(operand)
			}, err
		}
	}
	return nil, errSyntax
}

var errSyntax = errors.New("the embedded cloud supports only numbers, ids, + - * /, comparisons, &&, ||, IF(condition, a, b) and FILL(metric, value)")

// apply returns a formula that has a value only if all its operands have one.
func apply(f func([]float64) float64, ids *[]string, operands ...ast.Expr) (formula, error) {
	parts := make([]formula, len(operands))
	for i, x := range operands {
		var err error
		if parts[i], err = build(x, ids); err != nil {
			return nil, err
		}
	}
	return func(operand func(string) float64) float64 {
		values := make([]float64, len(parts))
		for i, part := range parts {
			if values[i] = part(operand); math.IsNaN(values[i]) {
				return math.NaN()
			}
		}
		return f(values)
	}, nil
}
