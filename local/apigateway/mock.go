package apigateway

import (
	"context"
	"maps"
	"slices"
)

// mock answers without a backend, as for CORS preflight:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
type mock struct {
	statuses    map[string]int // by the media type of the request
	passthrough string
	responses   []*integrationResponse
}

// mockRequest is what a mock's request template makes.
type mockRequest struct {
	StatusCode int `json:"statusCode"`
}

func readMock(r *reader, at string, spec *integrationSpec, m *method) integration {
	if spec.URI != "" || spec.HTTPMethod != "" {
		r.failf(at, "uri and httpMethod are not for mock integrations")
	}
	if len(spec.RequestTemplates) == 0 {
		r.failf(at+".requestTemplates", "at least one is required, or the mock has no status")
	}
	k := &mock{statuses: map[string]int{}, passthrough: spec.PassthroughBehavior}
	for _, media := range slices.Sorted(maps.Keys(spec.RequestTemplates)) {
		text := spec.RequestTemplates[media]
		in := at + ".requestTemplates." + media
		r.static(in, text)
		var request mockRequest
		if err := strictJSON([]byte(text), &request); err != nil || request.StatusCode == 0 {
			r.failf(in, `must be like {"statusCode": 200}, got %q`, text)
		}
		k.statuses[media] = request.StatusCode
	}
	k.responses = r.integrationResponses(at, spec, m)
	return k
}

func (k *mock) serve(_ context.Context, x *exchange) (*response, *failure) {
	status, ok := k.statuses[x.mediaType()]
	switch {
	case !ok && k.passthrough != whenNoMatch && k.passthrough != "":
		return nil, failMediaType
	case !ok:
		return nil, failConfiguration // the body passes through as it is, and tells no status
	}
	x.integration.status, x.integration.endpointStatus = status, status
	return mapResponse(x, k.responses, status, nil)
}
