package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// lambdaProxy invokes a function with the request as an event, and makes the response from its answer:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
type lambdaProxy struct {
	function string // ARN
}

var invocationURI = regexp.MustCompile(`^arn:aws:apigateway:` + account.Region + `:lambda:path/2015-03-31/functions/(arn:aws:lambda:[^/]+)/invocations$`)

const wantInvocationURI = "must be arn:aws:apigateway:" + account.Region + ":lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations"

func readLambdaProxy(r *reader, at string, spec *integrationSpec, _ *method) integration {
	m := invocationURI.FindStringSubmatch(spec.URI)
	if m == nil {
		r.failf(at+".uri", "%s, got %q", wantInvocationURI, spec.URI)
		return nil
	}
	if spec.HTTPMethod != http.MethodPost {
		r.failf(at+".httpMethod", "must be POST, which is how Lambda is invoked, got %q", spec.HTTPMethod)
	}
	// A proxy integration ignores its responses.
	return &lambdaProxy{function: m[1]}
}

// invoke invokes a function as API Gateway, for a method or an authorizer of the API, which source names.
func (x *exchange) invoke(function, source string, event []byte) (result lambda.Result, timedOut bool, err error) {
	timedOut = x.await(x.request.Context(), func(ctx context.Context) {
		result, err = x.service.Functions.Invoke(ctx, lambda.Invocation{
			Principal: principal, Function: function, Payload: event, TraceHeader: x.traceHeader,
			Keys: map[string]string{"aws:SourceArn": executionARN(x.apiID + "/" + source), "aws:SourceAccount": account.ID},
		})
	})
	return result, timedOut, err
}

func (p *lambdaProxy) serve(_ context.Context, x *exchange) (*response, *failure) {
	result, timedOut, err := x.invoke(p.function, x.source(), x.event())
	if err != nil {
		x.integration.err = err.Error()
		return nil, x.refused(err, timedOut)
	}
	x.integration.endpointStatus = http.StatusOK
	if result.FunctionError != "" {
		x.integration.err = "The function failed: " + string(result.Payload)
		return nil, failMalformed
	}
	out, err := proxyResponse(result.Payload)
	if err != nil {
		x.integration.err = "Malformed Lambda proxy response: " + err.Error()
		return nil, failMalformed
	}
	return out, nil
}

func (x *exchange) refused(err error, timedOut bool) *failure {
	refusal, refused := errors.AsType[*wire.Error](err)
	switch {
	case timedOut:
		return failTimeout
	case policy.IsDenied(err):
		x.integration.endpointStatus = http.StatusForbidden
		return failConfiguration
	case refused:
		x.integration.endpointStatus = refusal.Status
		if refusal.Status == http.StatusRequestEntityTooLarge {
			return failTooLong
		}
	}
	return failIntegration
}

// proxyAnswer is the answer of a function. An answer with other members is malformed.
type proxyAnswer struct {
	StatusCode        json.RawMessage     `json:"statusCode"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Body              *string             `json:"body"`
	// IsBase64Encoded makes no difference without binary media types: the client gets the text.
	IsBase64Encoded bool `json:"isBase64Encoded"`
}

func proxyResponse(payload []byte) (*response, error) {
	var answer *proxyAnswer
	if err := strictjson.Decode(payload, &answer); err != nil {
		return nil, err
	}
	if answer == nil {
		return nil, errors.New("the answer is null")
	}
	out := &response{status: http.StatusOK, header: http.Header{}}
	if text := strings.Trim(string(answer.StatusCode), `"`); text != "" && text != "null" {
		var err error
		if out.status, err = strconv.Atoi(text); err != nil || out.status < 200 || out.status > 599 {
			return nil, fmt.Errorf("statusCode %s", answer.StatusCode)
		}
	}
	add := func(name string, value string) {
		name = http.CanonicalHeaderKey(name)
		if !slices.Contains(out.header[name], value) {
			out.header[name] = append(out.header[name], value)
		}
	}
	for name, values := range answer.MultiValueHeaders {
		for _, v := range values {
			add(name, v)
		}
	}
	for name, v := range answer.Headers {
		add(name, v)
	}
	if out.header.Get("Content-Type") == "" {
		out.header.Set("Content-Type", jsonType)
	}
	if answer.Body != nil {
		out.body = []byte(*answer.Body)
	}
	return out, nil
}
