package apigateway

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// textOf renders a value. Null is empty, a list is JSON.
func (r *rendering) textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case map[string]any:
		r.failf("rendering an object as {name=value} is not supported by the embedded cloud: $input.json gives JSON")
	}
	return compact(v)
}

func truthy(v any) bool {
	if b, ok := v.(bool); ok {
		return b
	}
	return v != nil
}

func (r *rendering) equal(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if n, m, ok := numbers(a, b); ok {
		return n == m
	}
	return r.textOf(a) == r.textOf(b)
}

// greater is false unless both values are numbers.
func greater(a, b any) bool {
	n, m, ok := numbers(a, b)
	return ok && n > m
}

func numbers(a, b any) (n, m float64, ok bool) {
	x, isNumber := a.(json.Number)
	y, both := b.(json.Number)
	n, _ = strconv.ParseFloat(string(x), 64)
	m, _ = strconv.ParseFloat(string(y), 64)
	return n, m, isNumber && both
}

// escapes are the short forms of escapeJavaScript.
var escapes = map[uint16]string{
	'\b': `\b`, '\n': `\n`, '\t': `\t`, '\f': `\f`, '\r': `\r`, '\'': `\'`, '"': `\"`, '\\': `\\`,
}

// escapeJavaScript escapes a text for a string of JavaScript. The result is valid in JSON too, except \' for an
// apostrophe.
func escapeJavaScript(s string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		switch short, ok := escapes[unit]; {
		case ok:
			b.WriteString(short)
		case unit < ' ' || unit > '~':
			fmt.Fprintf(&b, `\u%04X`, unit)
		default:
			b.WriteByte(byte(unit))
		}
	}
	return b.String()
}
