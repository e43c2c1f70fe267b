package apigateway

import (
	"context"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Actions are the API of an AWS service, which integrations of the type aws call. Call performs an action, such as
// StartExecution, with a request in the service's protocol, and answers with its HTTP status and body: a refusal is an
// answer too. It must return when ctx ends.
type Actions interface {
	Call(ctx context.Context, p policy.Principal, action, traceHeader string, body []byte) (status int, response []byte)
}

// serviceAction calls an action of an AWS service, as a role, and maps its answer:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html
type serviceAction struct {
	service     Actions
	action      string
	role        string // ARN
	timeout     time.Duration
	passthrough string
	requests    map[string]*mapping // by the media type of the request
	responses   []*integrationResponse
}

var (
	actionURI = regexp.MustCompile(`^arn:aws:apigateway:` + account.Region + `:([a-z0-9.-]+):action/([A-Za-z]+)$`)
	roleARN   = regexp.MustCompile(`^arn:aws:iam::` + account.ID + `:role/.+$`)
)

const (
	contentTypeParameter = "integration.request.header.Content-Type"
	actionContentType    = "'application/x-amz-json-1.0'" // of the services that there are
)

func readServiceAction(r *reader, at string, spec *integrationSpec, m *method) integration {
	uri := actionURI.FindStringSubmatch(spec.URI)
	if uri == nil {
		r.failf(at+".uri", "must be arn:aws:apigateway:%s:SERVICE:action/ACTION, other URIs of the type aws are not supported by the embedded cloud, got %q",
			account.Region, spec.URI)
		return nil
	}
	a := &serviceAction{
		action: uri[2], role: spec.Credentials, timeout: spec.timeout(), passthrough: spec.PassthroughBehavior, requests: map[string]*mapping{},
	}
	if a.service = r.actions[uri[1]]; a.service == nil {
		r.failf(at+".uri", "the service %q is not supported by the embedded cloud in integrations; it has %q", uri[1], slices.Sorted(maps.Keys(r.actions)))
	}
	if spec.HTTPMethod != http.MethodPost {
		r.failf(at+".httpMethod", "must be POST, which is how actions are called, got %q", spec.HTTPMethod)
	}
	switch {
	case spec.Credentials == "":
		r.failf(at+".credentials", "Role ARN must be specified for AWS integrations")
	case !roleARN.MatchString(spec.Credentials):
		r.failf(at+".credentials", "must be the ARN of a role of this account, got %q", spec.Credentials)
	}
	for _, name := range slices.Sorted(maps.Keys(spec.RequestParameters)) {
		if value := spec.RequestParameters[name]; name != contentTypeParameter || value != actionContentType {
			r.failf(at+".requestParameters", "%s: %s is not supported by the embedded cloud, only %s: %s", name, value, contentTypeParameter, actionContentType)
		}
	}
	for _, media := range slices.Sorted(maps.Keys(spec.RequestTemplates)) {
		a.requests[strings.ToLower(media)] = r.mapping(at+".requestTemplates."+media, spec.RequestTemplates[media], false)
	}
	a.responses = r.integrationResponses(at, spec, m)
	return a
}

// assumable refuses a role that API Gateway cannot assume. AWS finds that out at the first request.
func (s *Service) assumable(role string) error {
	_, credentials, err := s.roles.AssumeRole(principal.Service, role, actionSession, nil)
	if err != nil {
		return badRequest("API Gateway does not have permission to assume the provided role %s", role)
	}
	s.roles.Revoke(credentials.AccessKeyID)
	return nil
}

const actionSession = "BackplaneAssumeRoleSession"

func (a *serviceAction) serve(ctx context.Context, x *exchange) (*response, *failure) {
	body, failed := a.request(x)
	if failed != nil {
		return nil, failed
	}
	p, credentials, err := x.service.roles.AssumeRole(principal.Service, a.role, actionSession, nil)
	if err != nil {
		x.integration.err = "API Gateway does not have permission to assume the provided role " + a.role
		return nil, failConfiguration
	}
	defer x.service.roles.Revoke(credentials.AccessKeyID)
	var status int
	if x.await(ctx, a.timeout, func(ctx context.Context) { status, body = a.service.Call(ctx, p, a.action, x.traceHeader, body) }) {
		x.integration.err = errIntegrationTimeout.Error()
		return nil, failTimeout
	}
	x.integration.status, x.integration.endpointStatus = status, status
	if status >= http.StatusBadRequest {
		x.integration.err = string(body)
	}
	return mapResponse(x, a.responses, status, body)
}

// request is the body of the call: what the template of the request's media type makes, or the request's own.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
func (a *serviceAction) request(x *exchange) ([]byte, *failure) {
	m := a.requests[x.mediaType()]
	switch {
	case m == nil && (a.passthrough == never || a.passthrough == whenNoTemplates && len(a.requests) > 0):
		return nil, failMediaType
	case m == nil:
		return x.body, nil
	}
	body, _, failed := m.render(x, x.body)
	return body, failed
}
