package apigateway

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Actions are the API of an AWS service that integrations of the type aws call. Call performs an action, such as
// StartExecution, with a request in the service's protocol, and returns the HTTP status and body of the answer, also of
// a refusal. It must return when ctx ends.
type Actions interface {
	Call(ctx context.Context, p policy.Principal, action, traceHeader string, body []byte) (status int, response []byte)
}

// serviceAction calls an action of an AWS service, as a role, and maps its answer:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html
type serviceAction struct {
	service Actions
	action  string
	role    string // ARN
	// strict says that a request without a template for its media type is refused. Else its body passes through:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
	strict    bool
	request   *mapping // of JSON bodies
	responses []*integrationResponse
}

var actionURI = regexp.MustCompile(`^arn:aws:apigateway:` + account.Region + `:([a-z0-9.-]+):action/([A-Za-z]+)$`)

func readServiceAction(r *reader, at string, spec *integrationSpec, m *method) integration {
	uri := actionURI.FindStringSubmatch(spec.URI)
	if uri == nil {
		r.failf(at+".uri", "must be arn:aws:apigateway:%s:SERVICE:action/ACTION, other URIs of the type aws are not supported by the embedded cloud, got %q",
			account.Region, spec.URI)
		return nil
	}
	a := &serviceAction{service: r.actions[uri[1]], action: uri[2], role: spec.Credentials, strict: strings.EqualFold(spec.PassthroughBehavior, "never")}
	if a.service == nil {
		r.failf(at+".uri", "the service %q is not supported by the embedded cloud in integrations; it has %q", uri[1], slices.Sorted(maps.Keys(r.actions)))
	}
	if spec.HTTPMethod != http.MethodPost {
		r.failf(at+".httpMethod", "must be POST, which is how actions are called, got %q", spec.HTTPMethod)
	}
	a.request = r.mapping(at+".requestTemplates", spec.RequestTemplates, false)
	a.responses = r.integrationResponses(at, spec, m)
	return a
}

func (a *serviceAction) serve(ctx context.Context, x *exchange) (*response, *failure) {
	body := x.body
	if m := a.request; m != nil && x.mediaType() == jsonType {
		var failed *failure
		if body, _, failed = m.render(x, x.body); failed != nil {
			return nil, failed
		}
	} else if a.strict {
		return nil, failMediaType
	}
	p, err := x.service.assume(a.role)
	if err != nil {
		x.integration.err = "API Gateway does not have permission to assume the provided role " + a.role
		return nil, failConfiguration
	}
	var status int
	if x.await(ctx, func(ctx context.Context) { status, body = a.service.Call(ctx, p, a.action, x.traceHeader, body) }) {
		x.integration.err = "integration timed out"
		return nil, failTimeout
	}
	x.integration.answered = true
	if status >= http.StatusBadRequest {
		x.integration.err = string(body)
	}
	return mapResponse(x, a.responses, status, body)
}
