package apigateway

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// failure is why API Gateway itself answers, instead of an integration. Its kind is a gateway response type:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
type failure struct {
	kind       string
	status     int // the default of the kind
	message    string
	errorType  string // for the header x-amzn-ErrorType
	validation string // details of a body that does not meet its model
}

// Messages and error types as AWS gives them.
var (
	failNoRoute     = &failure{kind: "MISSING_AUTHENTICATION_TOKEN", status: 403, message: "Missing Authentication Token", errorType: "MissingAuthenticationTokenException"}
	failKey         = &failure{kind: "INVALID_API_KEY", status: 403, message: "Forbidden", errorType: "ForbiddenException"}
	failQuota       = &failure{kind: "QUOTA_EXCEEDED", status: 429, message: "Limit Exceeded", errorType: "LimitExceededException"}
	failThrottled   = &failure{kind: "THROTTLED", status: 429, message: "Too Many Requests", errorType: "TooManyRequestsException"}
	failTooLarge    = &failure{kind: "REQUEST_TOO_LARGE", status: 413, message: "Request Too Long", errorType: "RequestTooLargeException"}
	failHeaders     = &failure{kind: default4XX, status: 431, message: "Request Header Fields Too Large", errorType: "BadRequestException"}
	failMediaType   = &failure{kind: "UNSUPPORTED_MEDIA_TYPE", status: 415, message: "Unsupported Media Type", errorType: "BadRequestException"}
	failTimeout     = &failure{kind: "INTEGRATION_TIMEOUT", status: 504, message: "Endpoint request timed out", errorType: "InternalServerErrorException"}
	failIntegration = &failure{kind: "INTEGRATION_FAILURE", status: 500, message: internalError, errorType: "InternalServerErrorException"}
	// failConfiguration is for a function that may not be invoked, or an integration without a response to give.
	failConfiguration = &failure{kind: "API_CONFIGURATION_ERROR", status: 500, message: internalError, errorType: "InternalServerErrorException"}
	// failMalformed is for a function that failed, or whose answer is not a proxy response.
	failMalformed = &failure{kind: "API_CONFIGURATION_ERROR", status: 502, message: internalError, errorType: "InternalServerErrorException"}
)

const internalError = "Internal server error"

func failBody(validation string) *failure {
	return &failure{kind: "BAD_REQUEST_BODY", status: 400, message: "Invalid request body", errorType: "BadRequestException", validation: validation}
}

// failUnmappable is for a body to which a mapping template cannot be applied.
func failUnmappable(message string) *failure {
	return &failure{kind: "BAD_REQUEST_BODY", status: 400, message: message, errorType: "BadRequestException", validation: message}
}

func failParameters(missing []string) *failure {
	return &failure{
		kind: "BAD_REQUEST_PARAMETERS", status: 400, errorType: "BadRequestException",
		message: "Missing required request parameters: [" + strings.Join(missing, ", ") + "]",
	}
}

// responseTypes are those that can be customised, though some cannot occur without authorizers or WAF.
var responseTypes = []string{
	"ACCESS_DENIED", "API_CONFIGURATION_ERROR", "AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE",
	"BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS", default4XX, default5XX, "EXPIRED_TOKEN", "INTEGRATION_FAILURE",
	"INTEGRATION_TIMEOUT", "INVALID_API_KEY", "INVALID_SIGNATURE", "MISSING_AUTHENTICATION_TOKEN", "QUOTA_EXCEEDED",
	"REQUEST_TOO_LARGE", "RESOURCE_NOT_FOUND", "THROTTLED", "UNAUTHORIZED", "UNSUPPORTED_MEDIA_TYPE", "WAF_FILTERED",
}

const (
	default4XX = "DEFAULT_4XX"
	default5XX = "DEFAULT_5XX"
)

// gatewayResponse is how the API words failures of one type.
type gatewayResponse struct {
	status    int // 0 leaves the type's own
	header    http.Header
	templates map[string]*template // by media type
}

var plainResponse = &gatewayResponse{templates: map[string]*template{jsonType: mustTemplate(`{"message":$context.error.messageString}`)}}

const jsonType = "application/json"

func mustTemplate(text string) *template {
	t, err := parseTemplate(text, false)
	if err != nil {
		panic(err) // a constant
	}
	return t
}

type gatewayResponseSpec struct {
	StatusCode json.RawMessage   `json:"statusCode"` // AWS takes a string and a number
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

func (r *reader) gatewayResponse(at, kind string, raw json.RawMessage) *gatewayResponse {
	g := &gatewayResponse{header: http.Header{}, templates: map[string]*template{}}
	if !slices.Contains(responseTypes, kind) {
		r.failf(at, "is not a gateway response type; they are %q", responseTypes)
	}
	var spec gatewayResponseSpec
	if !r.object(at, raw, &spec) {
		return g
	}
	if text := strings.Trim(string(spec.StatusCode), `"`); text != "" && text != "null" {
		g.status = r.statusCode(at+".statusCode", text)
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Parameters)) {
		r.staticHeader(at+".responseParameters", "gatewayresponse.header.", name, spec.Parameters[name], g.header)
	}
	for _, media := range slices.Sorted(maps.Keys(spec.Templates)) {
		t, err := parseTemplate(spec.Templates[media], false)
		if err != nil {
			r.failf(at+".responseTemplates."+media, "%v", err)
			continue
		}
		g.templates[media] = t
	}
	if len(g.templates) == 0 {
		g.templates = plainResponse.templates
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

// respond renders a failure as the API words it.
func (d *definition) respond(x *exchange, f *failure) *response {
	g, kind := d.responses[f.kind], default4XX
	if f.status >= 500 {
		kind = default5XX
	}
	if g == nil {
		g = d.responses[kind]
	}
	if g == nil {
		g = plainResponse
	}
	media := pick(g.templates, x.request.Header.Values("Accept"))
	out := &response{status: f.status, header: http.Header{}, body: []byte(g.templates[media].render(x, ""))}
	if g.status != 0 {
		out.status = g.status
	}
	out.header.Set("Content-Type", media)
	out.header.Set("x-amzn-ErrorType", f.errorType)
	maps.Copy(out.header, g.header)
	return out
}

// pick chooses the media type of a template: the first that the client accepts by name, else JSON, else any.
func pick[T any](templates map[string]T, accept []string) string {
	for _, list := range accept {
		for media := range strings.SplitSeq(list, ",") {
			media, _, _ = strings.Cut(media, ";")
			if media = strings.ToLower(strings.TrimSpace(media)); has(templates, media) {
				return media
			}
		}
	}
	if has(templates, jsonType) {
		return jsonType
	}
	for _, media := range slices.Sorted(maps.Keys(templates)) {
		return media
	}
	return jsonType
}

func has[T any](m map[string]T, key string) bool { _, ok := m[key]; return ok }
