package stepfunctions

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
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

var quoted = regexp.MustCompile(`'(\\.|[^'\\])*'|"(\\.|[^"\\])*"`)

func parsePath(text string) (*path, error) {
	p := &path{text: text}
	rest, ok := strings.CutPrefix(text, "$$")
	switch {
	case ok:
		p.context, rest = true, "$"+rest
	case strings.HasPrefix(text, "$"):
		rest = text
	default:
		return nil, errors.New("not a valid JSONPath")
	}
	unsupported := errors.New("not a JSONPath that the embedded cloud implements: only names and indexes, as in $.a.b[0]")
	if strings.ContainsAny(quoted.ReplaceAllString(rest, ""), "()?") {
		return nil, unsupported
	}
	var err error
	if p.expr, err = jp.ParseString(rest); err != nil {
		return nil, fmt.Errorf("not a valid JSONPath: %w", err)
	}
	for _, step := range p.expr[1:] {
		switch step.(type) {
		case jp.Child, jp.Nth:
		default:
			return nil, unsupported
		}
	}
	return p, nil
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

// put returns a copy of data with value at the path. Objects that are missing on the way are added. A path with an index is
// refused when the definition is read.
func (p *path) put(data, value any) (any, bool) { return put(data, value, p.expr[1:]) }

func put(data, value any, steps jp.Expr) (any, bool) {
	if len(steps) == 0 {
		return value, true
	}
	name, ok := steps[0].(jp.Child)
	object, isObject := data.(map[string]any)
	if !ok || !isObject && data != nil {
		return nil, false
	}
	inner, ok := put(object[string(name)], value, steps[1:])
	if !ok {
		return nil, false
	}
	changed := maps.Clone(object)
	if changed == nil {
		changed = map[string]any{}
	}
	changed[string(name)] = inner
	return changed, true
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

// template is a payload template: Parameters, or ResultSelector. It is nil where a state has none.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
type template interface {
	fill(*scope) (any, error)
}

// templateField is a field of an object. It has a value if its name in the definition ends with ".$".
type templateField struct {
	name  string // without ".$"
	value expression
	inner template
}

type objectTemplate []templateField

type constantTemplate struct{ value any }

// parseTemplate reads a template at a place of the definition. A value whose name has no ".$" is a constant.
func (p *problems) parseTemplate(at string, v any) template {
	switch v := v.(type) {
	case map[string]any:
		t := objectTemplate{}
		for _, key := range sortedKeys(v) {
			name, dynamic := strings.CutSuffix(key, ".$")
			f := templateField{name: name}
			if dynamic {
				f.value = p.parseTemplateValue(at+"/"+key, v[key])
			} else {
				f.inner = p.parseTemplate(at+"/"+key, v[key])
			}
			if _, twice := v[name]; dynamic && twice {
				p.failf(at+"/"+key, "The field '%s' is there twice, with and without '.$'", name)
			}
			t = append(t, f)
		}
		return t
	case []any:
		p.failf(at, "The embedded cloud does not implement lists in payload templates")
	}
	return constantTemplate{v}
}

func (p *problems) parseTemplateValue(at string, v any) expression {
	text, ok := v.(string)
	if !ok {
		p.failf(at, "Value must be a string that contains a JSONPath or an intrinsic function")
		return nil
	}
	e, err := parseExpression(text)
	if err != nil {
		p.failf(at, "Value is %v", err)
	}
	return e
}

func (t constantTemplate) fill(*scope) (any, error) { return t.value, nil }

func (t objectTemplate) fill(sc *scope) (any, error) {
	object := make(map[string]any, len(t))
	for _, f := range t {
		var err error
		if f.inner != nil {
			object[f.name], err = f.inner.fill(sc)
		} else {
			object[f.name], err = f.value.evaluate(sc)
		}
		if err != nil {
			return nil, err
		}
	}
	return object, nil
}

// requireFields refuses fields that are neither required nor optional, and required ones that are missing.
func (t objectTemplate) requireFields(n *node, required, optional []string) {
	var names []string
	for _, f := range t {
		names = append(names, f.name)
		if !slices.Contains(required, f.name) && !slices.Contains(optional, f.name) {
			n.failf(n.where("Parameters"), "The embedded cloud does not implement the field '%s'", f.name)
		}
	}
	for _, name := range required {
		if !slices.Contains(names, name) {
			n.failf(n.where("Parameters"), "The field '%s' is required but was missing", name)
		}
	}
}
