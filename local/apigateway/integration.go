package apigateway

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

type integration interface {
	// serve returns a response, or why there is none. It records in x what access logs show of an integration.
	serve(ctx context.Context, x *exchange) (*response, *failure)
}

type response struct {
	status int
	header http.Header
	body   []byte
}

// integrationTypes read the supported integrations, by their type in capitals.
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
	Credentials         string                     `json:"credentials"`
	RequestTemplates    map[string]string          `json:"requestTemplates"`
	Responses           map[string]json.RawMessage `json:"responses"`
}

// integrationTimeout is AWS's default, and the only one here.
const integrationTimeout = 29 * time.Second

func (r *reader) integration(at string, raw json.RawMessage, m *method) integration {
	var spec integrationSpec
	if !r.object(at, raw, &spec) {
		return nil
	}
	if !slices.Contains([]string{"", "when_no_match", "never"}, strings.ToLower(spec.PassthroughBehavior)) {
		r.failf(at+".passthroughBehavior", "must be when_no_match or never, got %q", spec.PassthroughBehavior)
	}
	kind := strings.ToUpper(spec.Type)
	read, ok := integrationTypes[kind]
	if !ok {
		r.failf(at+".type", "the integration type %q is not supported by the embedded cloud; it has %q",
			spec.Type, slices.Sorted(maps.Keys(integrationTypes)))
		return nil
	}
	if kind != "AWS" && spec.Credentials != "" {
		r.failf(at, "credentials is not supported by the embedded cloud for the type %s", spec.Type)
	}
	return read(r, at, &spec, m)
}

type integrationResponse struct {
	pattern *regexp.Regexp // of the backend's status; nil for the default
	status  int
	header  http.Header
	body    *mapping // nil for the backend's own
}

type integrationResponseSpec struct {
	StatusCode string            `json:"statusCode"`
	Parameters map[string]string `json:"responseParameters"`
	Templates  map[string]string `json:"responseTemplates"`
}

// integrationResponses reads the responses of an integration that maps them, the default last.
func (r *reader) integrationResponses(at string, spec *integrationSpec, m *method) []*integrationResponse {
	var list, last []*integrationResponse
	for key, raw := range sorted(spec.Responses) {
		in := at + ".responses." + key
		var s integrationResponseSpec
		if !r.object(in, raw, &s) {
			continue
		}
		out := &integrationResponse{status: r.statusCode(in+".statusCode", s.StatusCode), header: http.Header{}}
		if !m.statuses[s.StatusCode] {
			r.failf(in, "Output mapping refers to an invalid method response: %s", s.StatusCode)
		}
		for name, value := range sorted(s.Parameters) {
			r.staticHeader(in+".responseParameters", "method.response.header.", name, value, out.header)
		}
		out.body = r.mapping(in+".responseTemplates", s.Templates, true)
		if key == "default" {
			last = append(last, out)
			continue
		}
		var err error
		if out.pattern, err = regexp.Compile("^(?:" + key + ")$"); err != nil {
			r.failf(in, "is not a regular expression: %v", err)
		}
		list = append(list, out)
	}
	return append(list, last...)
}

// mapping reads the mapping template of a request or of a response; nil if there is none.
func (r *reader) mapping(at string, templates map[string]string, response bool) *mapping {
	text, ok := forJSON(r, at, templates)
	if !ok {
		return nil
	}
	m, err := parseMapping(text, response)
	if err != nil {
		r.failf(at+"."+jsonType, "%v", err)
	}
	return m
}

func mapResponse(x *exchange, list []*integrationResponse, status int, body []byte) (*response, *failure) {
	for _, ir := range list {
		if ir.pattern != nil && !ir.pattern.MatchString(strconv.Itoa(status)) {
			continue
		}
		out := &response{status: ir.status, header: ir.header.Clone(), body: body}
		if ir.body != nil {
			text, override, failed := ir.body.render(x, body)
			if failed != nil {
				return nil, failed
			}
			if out.body = text; override != 0 {
				out.status = override
			}
		}
		return out, nil
	}
	x.integration.err = "No match for output mapping and no default output mapping configured for the status " + strconv.Itoa(status)
	return nil, failConfiguration
}

// await runs the call of an integration and reports whether it took too long. A client that disconnects does not end
// the call or the wait for it.
func (x *exchange) await(ctx context.Context, call func(context.Context)) (timedOut bool) {
	clock := x.service.account.Clock
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	timer := clock.AfterFunc(integrationTimeout, cancel)
	begin := clock.Now()
	call(ctx)
	timer.Stop()
	x.integration.latency = clock.Since(begin)
	return ctx.Err() != nil
}

// mock answers without a backend, for example a CORS preflight. The media type of a request makes no difference here:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
type mock struct {
	status    int
	responses []*integrationResponse
}

func readMock(r *reader, at string, spec *integrationSpec, m *method) integration {
	var request struct {
		StatusCode int `json:"statusCode"`
	}
	text, ok := forJSON(r, at+".requestTemplates", spec.RequestTemplates)
	if !ok {
		r.failf(at+".requestTemplates", "at least one is required, or the mock has no status")
	} else if err := strictjson.Decode(text, &request); err != nil || request.StatusCode == 0 {
		r.failf(at+".requestTemplates."+jsonType, `must be like {"statusCode": 200}, got %q`, text)
	}
	return &mock{status: request.StatusCode, responses: r.integrationResponses(at, spec, m)}
}

func (k *mock) serve(_ context.Context, x *exchange) (*response, *failure) {
	x.integration.answered = true
	return mapResponse(x, k.responses, k.status, nil)
}
