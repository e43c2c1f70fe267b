package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// integration is what answers a method's requests once they are validated.
type integration interface {
	// serve returns a response, or why there is none. It notes in x what access logs tell of an integration.
	serve(ctx context.Context, x *exchange) (*response, *failure)
}

// response is what goes back to the client.
type response struct {
	status int
	header http.Header
	body   []byte
}

// integrationTypes read the integrations that are supported, by their type in capitals.
var integrationTypes = map[string]func(r *reader, at string, spec *integrationSpec, m *method) integration{
	"AWS":       readServiceAction,
	"AWS_PROXY": readLambdaProxy,
	"MOCK":      readMock,
}

// integrationSpec is x-amazon-apigateway-integration:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html
type integrationSpec struct {
	Type                string                     `json:"type"`
	HTTPMethod          string                     `json:"httpMethod"`
	URI                 string                     `json:"uri"`
	PassthroughBehavior string                     `json:"passthroughBehavior"`
	TimeoutInMillis     *int                       `json:"timeoutInMillis"`
	Credentials         string                     `json:"credentials"`
	RequestParameters   map[string]string          `json:"requestParameters"`
	RequestTemplates    map[string]string          `json:"requestTemplates"`
	Responses           map[string]json.RawMessage `json:"responses"`
}

const (
	whenNoMatch     = "when_no_match"
	whenNoTemplates = "when_no_templates"
	never           = "never"
	defaultTimeout  = 29 * time.Second
)

// calls tells whether the integration calls an AWS service by mapping what it sends and gets.
func (s *integrationSpec) calls() bool { return strings.EqualFold(s.Type, "aws") }

func (s *integrationSpec) timeout() time.Duration {
	if s.TimeoutInMillis == nil {
		return defaultTimeout
	}
	return time.Duration(*s.TimeoutInMillis) * time.Millisecond
}

func (r *reader) integration(at string, raw json.RawMessage, m *method) integration {
	var spec integrationSpec
	if !r.object(at, raw, &spec) {
		return nil
	}
	if t := spec.TimeoutInMillis; t != nil && (*t < 50 || *t > 29000) {
		r.failf(at+".timeoutInMillis", "must be from 50 to 29000, got %d", *t)
	}
	spec.PassthroughBehavior = strings.ToLower(spec.PassthroughBehavior)
	if !slices.Contains([]string{"", whenNoMatch, whenNoTemplates, never}, spec.PassthroughBehavior) {
		r.failf(at+".passthroughBehavior", "must be when_no_match, when_no_templates or never, got %q", spec.PassthroughBehavior)
	}
	read, ok := integrationTypes[strings.ToUpper(spec.Type)]
	if !ok {
		r.failf(at+".type", "the integration type %q is not supported by the embedded cloud; it has %q",
			spec.Type, slices.Sorted(maps.Keys(integrationTypes)))
		return nil
	}
	if !spec.calls() && spec.Credentials != "" {
		r.failf(at, "credentials is not supported by the embedded cloud for the type %s", spec.Type)
	}
	if !spec.calls() && len(spec.RequestParameters) > 0 {
		r.failf(at, "requestParameters is not supported by the embedded cloud for the type %s", spec.Type)
	}
	return read(r, at, &spec, m)
}

// integrationResponse is what an integration's outcome becomes.
type integrationResponse struct {
	pattern *regexp.Regexp // of the backend's status; nil for the default
	status  int
	header  http.Header
	bodies  map[string]*mapping // by media type
}

type integrationResponseSpec struct {
	StatusCode string            `json:"statusCode"`
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

// integrationResponses reads the responses of an integration that maps them, the default last.
func (r *reader) integrationResponses(at string, spec *integrationSpec, m *method) []*integrationResponse {
	var list []*integrationResponse
	var fallback *integrationResponse
	for _, key := range slices.Sorted(maps.Keys(spec.Responses)) {
		in := at + ".responses." + key
		var s integrationResponseSpec
		if !r.object(in, spec.Responses[key], &s) {
			continue
		}
		out := &integrationResponse{status: r.statusCode(in+".statusCode", s.StatusCode), header: http.Header{}, bodies: map[string]*mapping{}}
		declared, ok := m.responses[s.StatusCode]
		if !ok {
			r.failf(in, "Output mapping refers to an invalid method response: %s", s.StatusCode)
		}
		for _, name := range slices.Sorted(maps.Keys(s.Parameters)) {
			r.staticHeader(in+".responseParameters", "method.response.header.", name, s.Parameters[name], out.header)
			if header := strings.TrimPrefix(name, "method.response.header."); !has(declared.Headers, header) {
				r.failf(in+".responseParameters."+name, "the method response %s does not declare the header %s", s.StatusCode, header)
			}
		}
		for _, media := range slices.Sorted(maps.Keys(s.Templates)) {
			tAt := in + ".responseTemplates." + media
			if !spec.calls() {
				r.static(tAt, s.Templates[media])
			}
			out.bodies[strings.ToLower(media)] = r.mapping(tAt, s.Templates[media], true)
		}
		if key == "default" {
			fallback = out
			continue
		}
		var err error
		if out.pattern, err = regexp.Compile("^(?:" + key + ")$"); err != nil {
			r.failf(in, "is not a regular expression: %v", err)
		}
		list = append(list, out)
	}
	if fallback != nil {
		list = append(list, fallback)
	}
	return list
}

// static refuses mapping templates that compute something.
func (r *reader) static(at, text string) {
	if strings.ContainsAny(text, "$#") {
		r.failf(at, "mapping templates with variables or directives are not supported for this integration type")
	}
}

// mapping reads a mapping template, of a response or else of a request.
func (r *reader) mapping(at, text string, response bool) *mapping {
	m, err := parseMapping(text, response)
	if err != nil {
		r.failf(at, "%v", err)
	}
	return m
}

// mapResponse makes the response for a backend's status and body. Without a template the body passes through.
func mapResponse(x *exchange, list []*integrationResponse, status int, body []byte) (*response, *failure) {
	for _, ir := range list {
		if ir.pattern != nil && !ir.pattern.MatchString(strconv.Itoa(status)) {
			continue
		}
		media := pick(ir.bodies, x.request.Header.Values("Accept"))
		out := &response{status: ir.status, header: ir.header.Clone(), body: body}
		if m := ir.bodies[media]; m != nil {
			text, override, failed := m.render(x, body)
			if failed != nil {
				return nil, failed
			}
			if out.body = text; override != 0 {
				out.status = override
			}
		}
		if out.header.Get("Content-Type") == "" {
			out.header.Set("Content-Type", media)
		}
		return out, nil
	}
	x.integration.err = "No match for output mapping and no default output mapping configured for the status " + strconv.Itoa(status)
	return nil, failConfiguration
}

// await runs the call of an integration and tells whether it took too long. A client that goes away ends neither the
// call nor the wait for it.
func (x *exchange) await(ctx context.Context, timeout time.Duration, call func(context.Context)) (timedOut bool) {
	clock := x.service.account.Clock
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	timer := clock.AfterFunc(timeout, func() { cancel(errIntegrationTimeout) })
	begin := clock.Now()
	call(ctx)
	timer.Stop()
	x.integration.latency = clock.Since(begin)
	return errors.Is(context.Cause(ctx), errIntegrationTimeout)
}

var errIntegrationTimeout = errors.New("integration timed out")
