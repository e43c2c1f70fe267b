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

type field struct {
	name  string // as the template has it
	value expression
	inner template
}

type objectTemplate []field

type listTemplate []template

type constantTemplate struct{ value any }

// parseTemplate reads a template whose values are at a place of the definition. A part without ".$" is a constant.
func (r *reader) parseTemplate(at string, v any) template {
	switch v := v.(type) {
	case map[string]any:
		t := objectTemplate{}
		for _, name := range sortedKeys(v) {
			f := field{name: name}
			short, dynamic := strings.CutSuffix(name, ".$")
			if _, twice := v[short]; dynamic && twice {
				r.failf(at+"/"+name, "The field '%s' is there twice, with and without '.$'", short)
			}
			if text, ok := v[name].(string); dynamic && ok {
				e, err := parseExpression(text)
				if err != nil {
					r.failf(at+"/"+name, "The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call: it is %v", name, err)
				}
				f.value = e
			} else if dynamic {
				r.failf(at+"/"+name, "The value for the field '%s' must be a STRING that contains a JSONPath", name)
			} else {
				f.inner = r.parseTemplate(at+"/"+name, v[name])
			}
			t = append(t, f)
		}
		return t
	case []any:
		t := listTemplate{}
		for i, e := range v {
			t = append(t, r.parseTemplate(fmt.Sprintf("%s[%d]", at, i), e))
		}
		return t
	}
	return constantTemplate{v}
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
		if f.inner != nil {
			v, err := f.inner.fill(sc)
			if err != nil {
				return nil, err
			}
			object[f.name] = v
			continue
		}
		v, err := f.value.evaluate(sc)
		if p, ok := f.value.(*path); ok && err != nil {
			err = runtimef("The JSONPath '%s' specified for the field '%s' could not be found in the input '%s'", p.text, f.name, render(sc.data))
		}
		if err != nil {
			return nil, err
		}
		object[strings.TrimSuffix(f.name, ".$")] = v
	}
	return object, nil
}

// names are the fields of an object template, without ".$".
func (t objectTemplate) names() []string {
	list := make([]string, len(t))
	for i, f := range t {
		list[i] = strings.TrimSuffix(f.name, ".$")
	}
	slices.Sort(list)
	return list
}

// constant is the value of a field that does not depend on the input.
func (t objectTemplate) constant(name string) (any, bool) {
	for _, f := range t {
		if c, ok := f.inner.(constantTemplate); ok && f.name == name {
			return c.value, true
		}
	}
	return nil, false
}
