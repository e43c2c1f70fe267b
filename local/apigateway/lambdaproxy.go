package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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
	x.integration.answered = true
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
		return failConfiguration
	case refused && refusal.Status == http.StatusRequestEntityTooLarge:
		return failTooLong
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
		if !slices.Contains(out.header.Values(name), value) {
			out.header.Add(name, value)
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
	if answer.Body != nil {
		out.body = []byte(*answer.Body)
	}
	return out, nil
}

// event is the event of a Lambda proxy integration, format version 1.0. Members without a value are null. There are no stage variables
// and no binary media types here.
func (x *exchange) event() []byte {
	p := x.signer.principal
	identity := object{
		"sourceIp": x.sourceIP(), "userAgent": orNull(x.request.UserAgent()), "accessKey": orNull(x.signer.accessKey), "accountId": nil,
		"caller": orNull(p.ID), "user": orNull(p.ID), "userArn": orNull(p.ARN), "principalOrgId": nil,
		"cognitoIdentityPoolId": nil, "cognitoIdentityId": nil, "cognitoAuthenticationType": nil, "cognitoAuthenticationProvider": nil,
	}
	if x.signer.accessKey != "" {
		identity["accountId"] = account.ID
	}
	if x.apiKey != "" {
		identity["apiKey"], identity["apiKeyId"] = x.apiKey, x.apiKeyID
	}
	requestContext := object{
		"resourceId": x.resource.id, "resourcePath": x.resource.path, "httpMethod": x.request.Method, "extendedRequestId": x.extendedID,
		"requestTime": x.start.UTC().Format(clf), "requestTimeEpoch": x.start.UnixMilli(), "requestId": x.requestID,
		"path": "/" + x.stageName + x.path, "accountId": account.ID, "protocol": x.request.Proto, "stage": x.stageName,
		"domainPrefix": x.apiID, "domainName": x.request.Host, "deploymentId": x.live.deploymentID, "apiId": x.apiID, "identity": identity,
	}
	if len(x.authorizer) > 0 {
		requestContext["authorizer"] = x.authorizer // the context that a Lambda authorizer returned, as strings
	}
	headers := x.eventHeaders()
	e := object{
		"resource": x.resource.path, "path": x.path, "httpMethod": x.request.Method, "pathParameters": x.pathParameters,
		"headers": lastValues(headers), "multiValueHeaders": headers, "queryStringParameters": nil, "multiValueQueryStringParameters": nil,
		"stageVariables": nil, "requestContext": requestContext, "body": orNull(string(x.body)), "isBase64Encoded": false,
	}
	if len(x.query) > 0 {
		e["multiValueQueryStringParameters"], e["queryStringParameters"] = x.query, lastValues(x.query)
	}
	return strictjson.Encode(e)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// eventHeaders are the request's headers, without those of the connection, and those that API Gateway adds.
func (x *exchange) eventHeaders() map[string][]string {
	h := make(map[string][]string, len(x.request.Header)+5)
	for name, values := range x.request.Header {
		if name != "Connection" && name != "Content-Length" {
			h[name] = values
		}
	}
	_, port, _ := net.SplitHostPort(x.request.Host)
	h["Host"] = []string{x.request.Host}
	h["X-Amzn-Trace-Id"] = []string{x.traceHeader}
	h["X-Forwarded-For"] = []string{strings.Join(append(h["X-Forwarded-For"], x.sourceIP()), ", ")}
	h["X-Forwarded-Port"] = []string{port}
	h["X-Forwarded-Proto"] = []string{"http"} // the embedded cloud does not speak TLS
	return h
}

func lastValues(m map[string][]string) map[string]string {
	last := make(map[string]string, len(m))
	for name, values := range m {
		last[name] = values[len(values)-1]
	}
	return last
}

// mediaType is that of the request's body. The default is JSON.
func (x *exchange) mediaType() string {
	media, _, _ := strings.Cut(x.request.Header.Get("Content-Type"), ";")
	if media = strings.ToLower(strings.TrimSpace(media)); media == "" {
		return jsonType
	}
	return media
}

// missing lists the required parameters that are absent or blank.
func (x *exchange) missing() []string {
	var names []string
	for _, p := range x.method.required {
		var value string
		switch p.In {
		case "query":
			value = x.query.Get(p.Name)
		case "header":
			value = x.request.Header.Get(p.Name)
		case "path":
			value = x.pathParameters[p.Name]
		}
		if strings.TrimSpace(value) == "" {
			names = append(names, p.Name)
		}
	}
	return names
}
