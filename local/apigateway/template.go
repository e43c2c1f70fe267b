package apigateway

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// template is a text with $context variables, of a gateway response or an access log:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
//
// Values are escaped for a JSON string, so that a client cannot make a JSON text invalid.
type template []func(x *exchange, absent string) string

type variable struct {
	value func(*exchange) string
	// logOnly variables have no value before the response is made.
	logOnly bool
	// raw values are JSON already.
	raw bool
}

// clf is the time format of the Common Log Format.
const clf = "02/Jan/2006:15:04:05 -0700"

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// variables are those that the patterns use, and who called. A template with another is refused.
var variables = map[string]variable{
	"error.message":       {value: func(x *exchange) string { return x.failure.message }},
	"error.messageString": {value: func(x *exchange) string { return x.failure.messageString() }, raw: true},
	"error.responseType":  {value: func(x *exchange) string { return x.failure.kind }},
	"extendedRequestId":   {value: func(x *exchange) string { return x.extendedID }},
	"httpMethod":          {value: func(x *exchange) string { return x.request.Method }},
	"identity.apiKeyId":   {value: func(x *exchange) string { return x.apiKeyID }},
	"identity.userArn":    {value: func(x *exchange) string { return x.signer.principal.ARN }},
	"identity.userAgent":  {value: func(x *exchange) string { return x.request.UserAgent() }},
	"path":                {value: func(x *exchange) string { return "/" + x.stageName + x.path }},
	"requestId":           {value: func(x *exchange) string { return x.requestID }},
	"requestTime":         {value: func(x *exchange) string { return x.start.UTC().Format(clf) }},
	"requestTimeEpoch":    {value: func(x *exchange) string { return strconv.FormatInt(x.start.UnixMilli(), 10) }},
	"resourcePath":        {value: func(x *exchange) string { return x.resource.path }},
	"stage":               {value: func(x *exchange) string { return x.stageName }},
	"xrayTraceId":         {value: func(x *exchange) string { return x.trace.Root }},

	"status":             {value: func(x *exchange) string { return strconv.Itoa(x.status) }, logOnly: true},
	"responseLatency":    {value: func(x *exchange) string { return milliseconds(x.latency) }, logOnly: true},
	"integration.error":  {value: func(x *exchange) string { return x.integration.err }, logOnly: true},
	"integrationLatency": {value: func(x *exchange) string { return x.integration.latencyText() }, logOnly: true},
}

var reference = regexp.MustCompile(`\$(context\.[A-Za-z]+(?:\.[A-Za-z][A-Za-z0-9_]*)*|[A-Za-z{!][A-Za-z.]*)`)

// contextValue finds a variable. Any name after authorizer. is one: a Lambda authorizer chooses its own.
func contextValue(name string) (variable, bool) {
	if key, ok := strings.CutPrefix(name, "authorizer."); ok && !strings.Contains(key, ".") {
		return variable{value: func(x *exchange) string {
			if v, ok := x.authorizer[key]; ok {
				return fmt.Sprint(v)
			}
			return ""
		}}, true
	}
	v, known := variables[name]
	return v, known
}

// parseTemplate refuses unknown variables and every other use of $.
func parseTemplate(text string, inLog bool) (template, error) {
	var t template
	literal := func(text string) { t = append(t, func(*exchange, string) string { return text }) }
	at := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		name, isContext := strings.CutPrefix(text[m[2]:m[3]], "context.")
		v, known := contextValue(name)
		switch {
		case !isContext:
			return nil, fmt.Errorf("%s is not supported, only $context variables", text[m[0]:m[1]])
		case !known:
			return nil, fmt.Errorf("the variable $context.%s is not supported by the embedded cloud", name)
		case v.logOnly && !inLog:
			return nil, fmt.Errorf("the variable $context.%s exists in access logs only", name)
		}
		literal(text[at:m[0]])
		t = append(t, v.render)
		at = m[1]
	}
	literal(text[at:])
	return t, nil
}

// render returns the value, escaped for a JSON string, or absent if there is none.
func (v variable) render(x *exchange, absent string) string {
	value := v.value(x)
	switch {
	case value == "":
		return absent
	case v.raw:
		return value
	}
	quoted := compact(value)
	return quoted[1 : len(quoted)-1]
}

// render inserts the variables. A variable without a value is rendered as absent.
func (t template) render(x *exchange, absent string) string {
	var b strings.Builder
	for _, part := range t {
		b.WriteString(part(x, absent))
	}
	return b.String()
}

func compact(v any) string { return string(strictjson.Encode(v)) }
