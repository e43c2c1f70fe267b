package apigateway

import (
	"context"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
)

// mock answers without a backend, for example a CORS preflight:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
type mock struct {
	status    int
	strict    bool
	responses []*integrationResponse
}

func readMock(r *reader, at string, spec *integrationSpec, m *method) integration {
	if spec.URI != "" || spec.HTTPMethod != "" {
		r.failf(at, "uri and httpMethod are not for mock integrations")
	}
	var request struct {
		StatusCode int `json:"statusCode"`
	}
	text, ok := forJSON(r, at+".requestTemplates", spec.RequestTemplates)
	if !ok {
		r.failf(at+".requestTemplates", "at least one is required, or the mock has no status")
	} else if err := strictjson.Decode(text, &request); err != nil || request.StatusCode == 0 {
		r.failf(at+".requestTemplates."+jsonType, `must be like {"statusCode": 200}, got %q`, text)
	}
	return &mock{status: request.StatusCode, strict: spec.strict(), responses: r.integrationResponses(at, spec, m)}
}

func (k *mock) serve(_ context.Context, x *exchange) (*response, *failure) {
	switch isJSON := x.mediaType() == jsonType; {
	case !isJSON && k.strict:
		return nil, failMediaType
	case !isJSON:
		return nil, failConfiguration // the body passes through, and has no status
	}
	x.integration.status, x.integration.endpointStatus = k.status, k.status
	return mapResponse(x, k.responses, k.status, nil)
}
