package stepfunctions

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"

	"github.com/google/uuid"
)

// intrinsic is an intrinsic function, which takes min to max arguments.
type intrinsic struct {
	min, max int
	do       func(args []any) (any, error)
}

const formatName = "States.Format"

// intrinsics are the intrinsic functions that the embedded cloud implements. Others are refused by name.
var intrinsics = map[string]intrinsic{
	formatName:            {1, math.MaxInt, format},
	"States.JsonToString": {1, 1, func(args []any) (any, error) { return renderJSON(args[0]), nil }},
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
	"States.UUID": {0, 0, func([]any) (any, error) { return uuid.NewString(), nil }},
}

// format replaces each {} of a template by an argument. A backslash escapes the next character.
func format(args []any) (any, error) {
	template, ok := args[0].(string)
	if !ok {
		return nil, fmt.Errorf("the first argument cannot be %s", renderJSON(args[0]))
	}
	values := args[1:]
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		switch ch := template[i]; {
		case ch == '\\' && i+1 < len(template):
			i++
			b.WriteByte(template[i])
		case strings.HasPrefix(template[i:], "{}"):
			if len(values) == 0 {
				return nil, errors.New("there are more {} than arguments")
			}
			b.WriteString(renderText(values[0]))
			values = values[1:]
			i++
		case ch == '{' || ch == '}':
			return nil, errors.New("braces that are not {} must be escaped")
		default:
			b.WriteByte(ch)
		}
	}
	if len(values) > 0 {
		return nil, errors.New("there are more arguments than {}")
	}
	return b.String(), nil
}
