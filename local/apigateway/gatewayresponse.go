package apigateway

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

const jsonType = "application/json"

type gatewayResponse struct {
	status int // 0 for the type's own
	header http.Header
	body   template // of JSON; nil for {"message":$context.error.messageString}
}

type gatewayResponseSpec struct {
	StatusCode json.RawMessage   `json:"statusCode"` // a string or a number
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

func (r *reader) gatewayResponse(at string, raw json.RawMessage) *gatewayResponse {
	g := &gatewayResponse{header: http.Header{}}
	var spec gatewayResponseSpec
	if !r.object(at, raw, &spec) {
		return g
	}
	if text := strings.Trim(string(spec.StatusCode), `"`); text != "" && text != "null" {
		g.status = r.statusCode(at+".statusCode", text)
	}
	for name, value := range sorted(spec.Parameters) {
		r.staticHeader(at+".responseParameters", "gatewayresponse.header.", name, value, g.header)
	}
	if text, ok := forJSON(r, at+".responseTemplates", spec.Templates); ok {
		t, err := parseTemplate(text, false)
		if err != nil {
			r.failf(at+".responseTemplates."+jsonType, "%v", err)
		}
		g.body = t
	}
	return g
}

func (r *reader) statusCode(at, text string) int {
	code, err := strconv.Atoi(text)
	if err != nil || code < 100 || code > 599 {
		r.failf(at, "must be an HTTP status, got %q", text)
	}
	return code
}

var staticValue = regexp.MustCompile(`^'([^']*)'$`)

// staticHeader reads one response parameter: PREFIX.NAME: 'value'.
func (r *reader) staticHeader(at, prefix, name, value string, into http.Header) {
	header, ok := strings.CutPrefix(name, prefix)
	if !ok {
		r.failf(at, "%s is not supported, only %sNAME", name, prefix)
	}
	m := staticValue.FindStringSubmatch(value)
	if m == nil {
		r.failf(at+"."+name, "only a static value in single quotes is supported, got %q", value)
		return
	}
	into.Set(header, m[1])
}

func (d *definition) respond(x *exchange, f *failure) *response {
	fallback := default4XX
	if f.status >= 500 {
		fallback = default5XX
	}
	g := cmp.Or(d.responses[f.kind], d.responses[fallback], &gatewayResponse{})
	if f == failTooLarge || f == failTooLong {
		g = &gatewayResponse{}
	}
	body := `{"message":` + f.messageString() + `}`
	if g.body != nil {
		body = g.body.render(x, "")
	}
	out := &response{status: cmp.Or(g.status, f.status), header: http.Header{}, body: []byte(body)}
	if f == failTooLarge {
		out.body = []byte(f.message)
		out.header.Set("Content-Type", "text/plain")
	}
	out.header.Set("x-amzn-ErrorType", f.errorType)
	maps.Copy(out.header, g.header)
	return out
}

// failure is why API Gateway itself answers, instead of an integration. Its kind is a gateway response type:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type failure struct {
	kind      string
	status    int // the default of the kind
	message   string
	errorType string // for the header x-amzn-ErrorType
}

// messageString is the message as JSON: null if the failure has none. It is empty if there is no failure.
func (f *failure) messageString() string {
	switch {
	case f.kind == "":
		return ""
	case f.message == "":
		return "null"
	}
	return compact(f.message)
}

// Messages and error types are those of AWS.
var (
	failNoRoute   = &failure{kind: "MISSING_AUTHENTICATION_TOKEN", status: 403, message: "Missing Authentication Token", errorType: "MissingAuthenticationTokenException"}
	failKey       = &failure{kind: "INVALID_API_KEY", status: 403, message: "Forbidden", errorType: "ForbiddenException"}
	failThrottled = &failure{kind: "THROTTLED", status: 429, message: "Too Many Requests", errorType: "TooManyRequestsException"}
	// A 413 cannot be changed, and for a body over the limit of API Gateway itself it is text, without a CORS header:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	// failTooLong is for a request that is larger than an invocation of a function may be.
	failTooLarge    = &failure{kind: "REQUEST_TOO_LARGE", status: 413, message: "HTTP content length exceeded 10485760 bytes.", errorType: "RequestTooLargeException"}
	failTooLong     = &failure{kind: "REQUEST_TOO_LARGE", status: 413, message: "Request Too Long", errorType: "RequestTooLargeException"}
	failBody        = &failure{kind: "BAD_REQUEST_BODY", status: 400, message: "Invalid request body", errorType: "BadRequestException"}
	failStalled     = &failure{kind: default4XX, status: 408, message: "Request Timeout", errorType: "RequestTimeoutException"}
	failMediaType   = &failure{kind: "UNSUPPORTED_MEDIA_TYPE", status: 415, message: "Unsupported Media Type", errorType: "BadRequestException"}
	failTimeout     = &failure{kind: "INTEGRATION_TIMEOUT", status: 504, message: "Endpoint request timed out", errorType: "InternalServerErrorException"}
	failIntegration = &failure{kind: "INTEGRATION_FAILURE", status: 500, message: internalError, errorType: "InternalServerErrorException"}
	// failConfiguration is for a function that may not be invoked, or an integration without a matching response.
	failConfiguration = &failure{kind: "API_CONFIGURATION_ERROR", status: 500, message: internalError, errorType: "InternalServerErrorException"}
	// failMalformed is for a function that failed, or whose answer is not a proxy response.
	failMalformed = &failure{kind: "API_CONFIGURATION_ERROR", status: 502, message: internalError, errorType: "InternalServerErrorException"}
)

// Failures of authorizers. Those of a function say nothing to the client.
var (
	failUnauthorized            = &failure{kind: "UNAUTHORIZED", status: 401, message: "Unauthorized", errorType: "UnauthorizedException"}
	failAuthorizer              = &failure{kind: "AUTHORIZER_FAILURE", status: 500, errorType: "AuthorizerFailureException"}
	failAuthorizerConfiguration = &failure{kind: "AUTHORIZER_CONFIGURATION_ERROR", status: 500, errorType: "AuthorizerConfigurationException"}
)

func failDenied(message string) *failure {
	return &failure{kind: "ACCESS_DENIED", status: 403, message: message, errorType: "AccessDeniedException"}
}

// failSignature is for a signature that is wrong or too old.
func failSignature(e *wire.Error) *failure {
	f := &failure{kind: "INVALID_SIGNATURE", status: 403, message: e.Message, errorType: strings.TrimSuffix(e.Code, "Exception") + "Exception"}
	if e.Code == "RequestTimeTooSkewed" || e.Code == "AccessDenied" {
		f.kind = "EXPIRED_TOKEN"
	}
	return f
}

const internalError = "Internal server error"

func failParameters(missing []string) *failure {
	return &failure{
		kind: "BAD_REQUEST_PARAMETERS", status: 400, errorType: "BadRequestException",
		message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]",
	}
}

const (
	default4XX = "DEFAULT_4XX"
	default5XX = "DEFAULT_5XX"
)
