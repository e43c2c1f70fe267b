package stepfunctions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ohler55/ojg/jp"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

type scope struct {
	data    any                   // $
	context func() map[string]any // $$
}

// path is a JSONPath to one value of a state's data, or of the context object if it begins with $$.
type path struct {
	text    string
	context bool
	expr    jp.Expr
}

func parsePath(text string) (*path, error) {
	p := &path{text: text, context: strings.HasPrefix(text, "$$")}
	if p.context {
		text = text[1:]
	}
	var err error
	p.expr, err = jp.ParseString(text)
	switch {
	case !strings.HasPrefix(text, "$"):
		return nil, errors.New("the value is not a valid JSONPath")
	case err != nil:
		return nil, fmt.Errorf("the value is not a valid JSONPath: %w", err)
	case !p.expr.Normal():
		return nil, errors.New("the value is not a JSONPath that the embedded cloud implements: only names and indexes, as in $.a.b[0]")
	}
	return p, nil
}

func (p *path) evaluate(sc *scope) (any, error) {
	v, ok := p.find(sc)
	if !ok {
		return nil, runtimef("The JSONPath '%s' could not be found in the input '%s'", p.text, renderJSON(sc.data))
	}
	return v, nil
}

func (p *path) find(sc *scope) (any, bool) {
	data := sc.data
	if p.context {
		data = sc.context()
	}
	if len(p.expr) == 1 {
		return data, true
	}
	return p.expr.FirstFound(data)
}

// resultPath is a ResultPath, of names. It has none by default, which is $.
type resultPath struct {
	text  string
	steps jp.Expr
	null  bool // the field is null
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *resultPath) UnmarshalJSON(text []byte) error {
	var name *string
	err := json.Unmarshal(text, &name)
	if r.null = name == nil; err != nil || r.null {
		return err
	}
	p, err := parsePath(*name)
	if err != nil {
		return err
	}
	r.text, r.steps = p.text, p.expr[1:]
	isIndex := func(step jp.Frag) bool { _, ok := step.(jp.Nth); return ok }
	if p.context || slices.ContainsFunc(r.steps, isIndex) {
		return errors.New("ResultPath cannot be in the context object; the embedded cloud does not implement indexes in it")
	}
	return nil
}

// put returns a copy of data with value at the end of the steps, which are names. Objects that are missing on the way are added.
// ok is false if a step meets a value that is no object.
func put(data, value any, steps jp.Expr) (changed any, ok bool) {
	if len(steps) == 0 {
		return value, true
	}
	object, isObject := data.(map[string]any)
	if !isObject && data != nil {
		return nil, false
	}
	name, copied := string(steps[0].(jp.Child)), map[string]any{}
	maps.Copy(copied, object)
	copied[name], ok = put(object[name], value, steps[1:])
	return copied, ok
}

// maxData is the largest input or output of a state or an execution, in bytes:
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const maxData = 256 << 10

// Data is passed between states as encoding/json decodes it, with numbers as json.Number. States, events and contexts
// share it, so it must not be changed.

func parseJSON(text string) (v any, err error) {
	err = strictjson.Decode(text, &v)
	return v, err
}

func renderJSON(v any) string { return string(strictjson.Encode(v)) }

// renderText renders a string as it is, and any other value as JSON.
func renderText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return renderJSON(v)
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// template is a payload template: Parameters, or ResultSelector. It has no expression where a state has none.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
type template struct {
	expression
	names []string // of the fields, without ".$"
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *template) UnmarshalJSON(text []byte) error {
	v, err := parseJSON(string(text))
	if err == nil {
		*t, err = parseTemplate(v)
	}
	return err
}

// parseTemplate reads a template. A value whose name has no ".$" is a constant, or a template.
func parseTemplate(v any) (t template, err error) {
	if _, isList := v.([]any); isList {
		return t, errors.New("the embedded cloud does not implement lists in payload templates")
	}
	object, ok := v.(map[string]any)
	if !ok {
		return template{expression: constant(v)}, nil
	}
	var values []expression
	for _, key := range slices.Sorted(maps.Keys(object)) {
		name, dynamic := strings.CutSuffix(key, ".$")
		if slices.Contains(t.names, name) {
			return t, fmt.Errorf("the field '%s' is there twice, with and without '.$'", name)
		}
		var value expression
		if dynamic {
			value, err = parseExpression(object[key])
		} else {
			var inner template
			inner, err = parseTemplate(object[key])
			value = inner.expression
		}
		if err != nil {
			return t, fmt.Errorf("%w at %s", err, key)
		}
		t.names, values = append(t.names, name), append(values, value)
	}
	t.expression = func(sc *scope) (any, error) {
		result := make(map[string]any, len(values))
		for i, name := range t.names {
			var err error
			if result[name], err = values[i](sc); err != nil {
				return nil, err
			}
		}
		return result, nil
	}
	return t, nil
}
