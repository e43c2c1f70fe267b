package apigateway

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// mapping is a mapping template. It makes the body of a call to an integration, or of the response to the client:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html
//
// It implements the part of the Velocity Template Language that the patterns use: references without braces, #set, #if, ==, !=, >,
// &&, || and !; $input.body, .path and .json with one definite JSONPath, $util.escapeJavaScript, $context,
// $context.responseOverride.status, $context.requestOverride.header.NAME, and the methods replaceAll, contains and length of strings.
// Everything else is refused by name when the template is parsed, also a variable that no #set before it names, and a reference in a
// string. It behaves as Velocity 1 in API Gateway:
//   - a reference without a value renders as nothing, quiet ($!x) or not; Velocity itself shows its source;
//   - only null and false are false in a condition; an empty string is true;
//   - #set from a reference without a value leaves the variable as it was;
//   - values of different types are equal if they render alike; null equals only null;
//   - a line break after a directive belongs to the directive.
//
// A header that a request's template sets is not sent, because no service here reads it. The template of the response can
// read it; AWS does not document that it can.
//
// $input.json sorts the members of objects. AWS keeps their order.
type mapping struct {
	nodes    []node
	response bool // it makes a response, not a request
}

// A node renders a part of a template. An expression computes a value: nil, bool, json.Number, string, []any or
// map[string]any.
type (
	node       func(*rendering)
	expression func(*rendering) any
)

type rendering struct {
	*mapping
	x      *exchange
	body   []byte // $input: the request's body, or that of the integration's response
	parsed any    // the body, after the first JSONPath
	isRead bool
	set    map[string]any
	status int // $context.responseOverride.status; 0 if it is not set
	out    strings.Builder
	failed *failure // why it stopped
}

// render runs a template. A status other than 0 overrides that of the response. A failure is recorded in x.
func (m *mapping) render(x *exchange, body []byte) (text []byte, status int, failed *failure) {
	r := &rendering{mapping: m, x: x, body: body, set: map[string]any{}}
	r.run(m.nodes)
	return []byte(r.out.String()), r.status, r.failed
}

func (r *rendering) run(nodes []node) {
	for _, n := range nodes {
		if r.failed != nil {
			return
		}
		n(r)
	}
}

func (r *rendering) failf(format string, args ...any) {
	r.failed = failIntegration
	r.x.integration.err = fmt.Sprintf(format, args...)
}

// value is the body as JSON; nil if it is empty.
func (r *rendering) value() any {
	if r.isRead || len(r.body) == 0 {
		return r.parsed
	}
	r.isRead = true
	if err := strictjson.Decode(r.body, &r.parsed); err != nil {
		r.failf("Could not parse request body into json: %v", err)
		if !r.response {
			unread := *failBody
			unread.message, r.failed = r.x.integration.err, &unread
		}
	}
	return r.parsed
}

// override sets the response's status. API Gateway accepts one override, and ignores a value that is not a status:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
func (r *rendering) override(v any) {
	number, _ := v.(json.Number)
	status, err := strconv.Atoi(string(number))
	switch {
	case r.status != 0:
		r.failf("$context.responseOverride.status is set more than once")
	case err == nil && status >= 100 && status <= 599:
		r.status = status
	}
}

// overrideHeader sets a header of the request to the integration, once, unless the value is null.
func (r *rendering) overrideHeader(name string, v any) {
	switch {
	case r.x.overrides[name] != nil:
		r.failf("$%s%s is set more than once", headerOverride, name)
	case v != nil:
		r.x.overrides[name] = r.textOf(v)
	}
}

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
