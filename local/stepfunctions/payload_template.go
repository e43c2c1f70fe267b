package stepfunctions

import (
	"fmt"
	"slices"
	"strings"
)

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

type listTemplate []template

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
		t := listTemplate{}
		for i, e := range v {
			t = append(t, p.parseTemplate(fmt.Sprintf("%s[%d]", at, i), e))
		}
		return t
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

func (t listTemplate) fill(sc *scope) (any, error) {
	list := make([]any, len(t))
	for i, e := range t {
		var err error
		if list[i], err = e.fill(sc); err != nil {
			return nil, err
		}
	}
	return list, nil
}

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
