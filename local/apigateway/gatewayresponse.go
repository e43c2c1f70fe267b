package apigateway

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const jsonType = "application/json"

// gatewayResponse is how an API answers failures of one type.
type gatewayResponse struct {
	status int // 0 for the type's own
	header http.Header
	body   *template // of JSON; nil for {"message":$context.error.messageString}
}

type gatewayResponseSpec struct {
	StatusCode json.RawMessage   `json:"statusCode"` // a string or a number
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

func (r *reader) gatewayResponse(at, kind string, raw json.RawMessage) *gatewayResponse {
	g := &gatewayResponse{header: http.Header{}}
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

// respond renders a failure.
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
	if out.header.Set("Content-Type", jsonType); f == failTooLarge {
		out.body = []byte(f.message)
		out.header.Set("Content-Type", "text/plain")
	}
	out.header.Set("x-amzn-ErrorType", f.errorType)
	maps.Copy(out.header, g.header)
	return out
}
