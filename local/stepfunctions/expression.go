package stepfunctions

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"strings"
)

// expression computes a value from a state's data and the context object.
type expression func(*scope) (any, error)

func constant(value any) expression { return func(*scope) (any, error) { return value, nil } }

// UnmarshalJSON implements json.Unmarshaler. It reads a field whose name ends with Path: a JSONPath, or an intrinsic function.
func (e *expression) UnmarshalJSON(text []byte) error {
	v, err := parseJSON(string(text))
	if err == nil {
		*e, err = parseExpression(v)
	}
	return err
}

func parseExpression(v any) (expression, error) {
	text, ok := v.(string)
	if !ok {
		return nil, errors.New("the value must be a string that contains a JSONPath or an intrinsic function")
	}
	if strings.HasPrefix(text, "$") {
		p, err := parsePath(text)
		return p.evaluate, err
	}
	e, rest, err := parseCall(text)
	if err == nil && rest != "" {
		err = errors.New("there is text after it")
	}
	if err != nil {
		return nil, fmt.Errorf("the value is not a valid JSONPath or intrinsic function: %w", err)
	}
	return e, nil
}

// parseCall reads an intrinsic function and returns the text after it:
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
func parseCall(text string) (e expression, rest string, err error) {
	name, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.HasPrefix(name, "States.") {
		return nil, "", fmt.Errorf("a function has the form States.Name(...), not %q", text)
	}
	f, known := intrinsics[name]
	if !known {
		return nil, "", fmt.Errorf("the embedded cloud does not implement the intrinsic function %s", name)
	}
	var args []expression
	for rest = strings.TrimSpace(rest); !strings.HasPrefix(rest, ")"); {
		if len(args) > 0 {
			if rest, ok = strings.CutPrefix(rest, ","); !ok {
				return nil, "", fmt.Errorf("expected , or ) before %q", rest)
			}
		}
		var arg expression
		keepEscapes := name == formatName && len(args) == 0 // States.Format reads them itself
		if arg, rest, err = parseArgument(strings.TrimSpace(rest), keepEscapes); err != nil {
			return nil, "", err
		}
		args = append(args, arg)
		rest = strings.TrimSpace(rest)
	}
	if n := len(args); n < f.min || n > f.max {
		return nil, "", fmt.Errorf("the function %s cannot have %d arguments", name, n)
	}
	rest = rest[1:]
	return f.call(text[:len(text)-len(rest)], args), strings.TrimSpace(rest), nil
}

var (
	stringArgument = regexp.MustCompile(`^'(?s:\\.|[^'\\])*'`)
	pathArgument   = regexp.MustCompile(`^\$(\[('[^']*'|"[^"]*"|[^\]'"])*\]|[^,)\[])*`)
	otherArgument  = regexp.MustCompile(`^[^,)\s]+`)
	escaped        = regexp.MustCompile(`(?s)\\(.)`)
)

func parseArgument(text string, keepEscapes bool) (e expression, rest string, err error) {
	if strings.HasPrefix(text, "States.") {
		return parseCall(text)
	}
	if arg := stringArgument.FindString(text); arg != "" {
		rest, arg = text[len(arg):], arg[1:len(arg)-1]
		if !keepEscapes {
			arg = escaped.ReplaceAllString(arg, "$1")
		}
		return constant(arg), rest, nil
	}
	if arg := pathArgument.FindString(text); arg != "" {
		p, err := parsePath(strings.TrimSpace(arg))
		return p.evaluate, text[len(arg):], err
	}
	arg := otherArgument.FindString(text)
	if v, err := parseJSON(arg); err == nil {
		return constant(v), text[len(arg):], nil
	}
	return nil, "", fmt.Errorf("%q does not begin with a string, number, boolean, null, path or function", text)
}

type intrinsic struct {
	min, max int
	do       func(args []any) (any, error)
}

func (f intrinsic) call(text string, args []expression) expression {
	return func(sc *scope) (any, error) {
		values := make([]any, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = arg(sc); err != nil {
				return nil, err
			}
		}
		v, err := f.do(values)
		if err != nil {
			return nil, &failure{Name: errorIntrinsic, Cause: fmt.Sprintf("The function '%s' had the following error: %v", text, err), inState: true}
		}
		return v, nil
	}
}

const formatName = "States.Format"

// intrinsics are the intrinsic functions that the embedded cloud implements. Others are refused by name.
var intrinsics = map[string]intrinsic{
	formatName: {1, math.MaxInt, format},
	"States.StringToJson": {1, 1, func(args []any) (any, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, fmt.Errorf("the argument cannot be %s", renderJSON(args[0]))
		}
		return parseJSON(text)
	}},
	"States.JsonMerge": {3, 3, func(args []any) (any, error) {
		first, ok1 := args[0].(map[string]any)
		second, ok2 := args[1].(map[string]any)
		if !ok1 || !ok2 || args[2] != false {
			return nil, errors.New("the arguments must be two objects and false")
		}
		merged := maps.Clone(first)
		maps.Copy(merged, second)
		return merged, nil
	}},
}

// formatToken is what has a meaning in the template of States.Format. A backslash escapes the next character.
var formatToken = regexp.MustCompile(`(?s)\\.|\{\}|[{}]`)

// format replaces each {} of a template by an argument.
func format(args []any) (any, error) {
	template, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("the first argument cannot be %s", renderJSON(args[0]))
	}
	n, broken := 0, false
	text := formatToken.ReplaceAllStringFunc(template, func(token string) string {
		if token != "{}" {
			broken = broken || len(token) == 1
			return token[1:]
		}
		if n++; n >= len(args) {
			return ""
		}
		return renderText(args[n])
	})
	if broken || n != len(args)-1 {
		return nil, errors.New("it must have as many {} as arguments, and other braces must be escaped")
	}
	return text, nil
}
