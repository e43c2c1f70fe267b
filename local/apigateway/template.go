package apigateway

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
)

// template is a text with $context variables, as in gateway responses and in access logs:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
//
// Values are escaped as within a JSON string, so that a JSON text stays one whatever a client sends.
type template struct{ parts []part }

type part struct {
	literal string
	value   func(*exchange) string // nil for a literal
	raw     bool
}

type variable struct {
	value func(*exchange) string
	// logOnly variables have no value before the response is made.
	logOnly bool
	// raw values are JSON already.
	raw bool
}

// clf is the time format of the Common Log Format.
const clf = "02/Jan/2006:15:04:05 -0700"

func constant(s string) func(*exchange) string { return func(*exchange) string { return s } }

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// variables are those that REST APIs without authorizers have. A caller here is always anonymous.
var variables = map[string]variable{
	"accountId":                   {value: constant(account.ID)},
	"apiId":                       {value: func(x *exchange) string { return x.apiID }},
	"domainName":                  {value: func(x *exchange) string { return x.request.Host }},
	"domainPrefix":                {value: func(x *exchange) string { return x.apiID }},
	"error.message":               {value: func(x *exchange) string { return x.failure().message }},
	"error.messageString":         {value: func(x *exchange) string { return x.messageString() }, raw: true},
	"error.responseType":          {value: func(x *exchange) string { return x.failure().kind }},
	"error.validationErrorString": {value: func(x *exchange) string { return x.failure().validation }},
	"extendedRequestId":           {value: func(x *exchange) string { return x.extendedID }},
	"httpMethod":                  {value: func(x *exchange) string { return x.request.Method }},
	"identity.apiKey":             {value: func(x *exchange) string { return x.apiKey }},
	"identity.apiKeyId":           {value: func(x *exchange) string { return x.apiKeyID }},
	"identity.caller":             {value: constant("")},
	"identity.sourceIp":           {value: func(x *exchange) string { return x.sourceIP() }},
	"identity.user":               {value: constant("")},
	"identity.userAgent":          {value: func(x *exchange) string { return x.request.UserAgent() }},
	"path":                        {value: func(x *exchange) string { return "/" + x.stageName + x.path }},
	"protocol":                    {value: func(x *exchange) string { return x.request.Proto }},
	"requestId":                   {value: func(x *exchange) string { return x.requestID }},
	"requestTime":                 {value: func(x *exchange) string { return x.start.UTC().Format(clf) }},
	"requestTimeEpoch":            {value: func(x *exchange) string { return strconv.FormatInt(x.start.UnixMilli(), 10) }},
	"resourceId":                  {value: func(x *exchange) string { return x.resource().id }},
	"resourcePath":                {value: func(x *exchange) string { return x.resource().path }},
	"stage":                       {value: func(x *exchange) string { return x.stageName }},
	"xrayTraceId":                 {value: func(x *exchange) string { return x.trace.Root }},

	"status":                  {value: func(x *exchange) string { return strconv.Itoa(x.status) }, logOnly: true},
	"responseLatency":         {value: func(x *exchange) string { return milliseconds(x.latency) }, logOnly: true},
	"responseLength":          {value: func(x *exchange) string { return strconv.Itoa(x.length) }, logOnly: true},
	"awsEndpointRequestId":    {value: func(x *exchange) string { return x.integration.requestID }, logOnly: true},
	"integration.error":       {value: func(x *exchange) string { return x.integration.err }, logOnly: true},
	"integration.latency":     {value: func(x *exchange) string { return x.integration.millis() }, logOnly: true},
	"integration.requestId":   {value: func(x *exchange) string { return x.integration.requestID }, logOnly: true},
	"integration.status":      {value: func(x *exchange) string { return x.integration.text(x.integration.status) }, logOnly: true},
	"integrationErrorMessage": {value: func(x *exchange) string { return x.integration.err }, logOnly: true},
	"integrationLatency":      {value: func(x *exchange) string { return x.integration.millis() }, logOnly: true},
	"integrationStatus":       {value: func(x *exchange) string { return x.integration.text(x.integration.endpointStatus) }, logOnly: true},
}

var reference = regexp.MustCompile(`\$(context\.[A-Za-z]+(?:\.[A-Za-z]+)*|[A-Za-z{!][A-Za-z.]*)`)

// parseTemplate refuses variables that it does not know, and every other use of $.
func parseTemplate(text string, inLog bool) (*template, error) {
	t := &template{}
	at := 0
	for _, m := range reference.FindAllStringSubmatchIndex(text, -1) {
		name, isContext := strings.CutPrefix(text[m[2]:m[3]], "context.")
		v, known := variables[name]
		switch {
		case !isContext:
			return nil, fmt.Errorf("%s is not supported, only $context variables", text[m[0]:m[1]])
		case !known:
			return nil, fmt.Errorf("the variable $context.%s is not supported by the embedded cloud", name)
		case v.logOnly && !inLog:
			return nil, fmt.Errorf("the variable $context.%s exists in access logs only", name)
		}
		t.parts = append(t.parts, part{literal: text[at:m[0]]}, part{value: v.value, raw: v.raw})
		at = m[1]
	}
	t.parts = append(t.parts, part{literal: text[at:]})
	return t, nil
}

// render fills in the variables; absent stands for those without a value.
func (t *template) render(x *exchange, absent string) string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.value == nil {
			b.WriteString(p.literal)
			continue
		}
		switch v := p.value(x); {
		case v == "":
			b.WriteString(absent)
		case p.raw:
			b.WriteString(v)
		default:
			b.WriteString(escape(v))
		}
	}
	return b.String()
}

// escape makes s fit between the quotes of a JSON string.
func escape(s string) string {
	special := func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > '~' }
	if strings.IndexFunc(s, special) < 0 {
		return s
	}
	quoted := compact(s)
	return quoted[1 : len(quoted)-1]
}
