package apigateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

const goodOrder = `{"order":{"accountid":"a0","vendorid":"v0"}}`

func TestRequestsAreRoutedAsOnAWS(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	for _, tc := range []struct{ line, function, sourceARN string }{
		{"POST /order", "publish", "/prod/POST/order"},
		{"GET /order?accountid=a&vendorid=v", "get", "/prod/GET/order"},
		{"GET /order/17/status", "status", "/prod/GET/order/17/status"},
		{"POST /files/a/b.txt", "files", "/prod/POST/files/a/b.txt"},
		{"GET /files/x", "files", "/prod/GET/files/x"},
	} {
		require.Equal(t, 202, a.call(t, tc.line, goodOrder).status, tc.line)
		last := a.functions.last
		require.Equal(t, "arn:aws:lambda:us-east-1:123456789012:function:"+tc.function, last.Function, tc.line)
		require.Equal(t, policy.ServicePrincipal("apigateway.amazonaws.com"), last.Principal)
		require.Equal(t, "arn:aws:execute-api:us-east-1:123456789012:"+a.id+tc.sourceARN, last.Keys["aws:SourceArn"])
		require.Equal(t, "123456789012", last.Keys["aws:SourceAccount"])
	}
	for _, line := range []string{"GET /", "GET", "GET /orders", "DELETE /order", "GET /order/17", "GET /order//status", "GET /files", "GET /order/17/status/x"} {
		got := a.call(t, line, "")
		require.Equal(t, 403, got.status, line)
		require.JSONEq(t, `{"message":"Missing Authentication Token","type":"MISSING_AUTHENTICATION_TOKEN"}`, got.body, line)
		require.Equal(t, "MissingAuthenticationTokenException", got.header.Get("x-amzn-ErrorType"))
	}
	require.Equal(t, 5, a.functions.calls)
}

func TestAnUnknownAPIOrStageIsForbidden(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	for _, url := range []string{a.data.URL, a.data.URL + "/" + a.id, a.data.URL + "/" + a.id + "/test/order", a.data.URL + "/xxxxxxxxxx/prod/order"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		got := send(t, r)
		require.Equal(t, 403, got.status, url)
		require.JSONEq(t, `{"message":"Forbidden"}`, got.body)
		require.Equal(t, "ForbiddenException", got.header.Get("x-amzn-ErrorType"))
		require.NotEmpty(t, got.header.Get("x-amzn-RequestId"))
	}
}

func TestInvalidRequestsDoNotReachTheFunction(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	const bad = `{"message":"Invalid request body: it is in the document"}`
	for name, tc := range map[string]struct {
		line, body  string
		contentType string
		status      int
		want        string
	}{
		"no body":             {"POST /order", "", "", 422, bad},
		"not JSON":            {"POST /order", "{", "application/json", 422, bad},
		"two values":          {"POST /order", "{} {}", "", 422, bad},
		"missing":             {"POST /order", `{"order":{}}`, "application/json; charset=utf-8", 422, bad},
		"wrong type":          {"POST /order", `{"order":7}`, "", 422, bad},
		"pattern":             {"POST /order", `{"order":{"accountid":"a/b","vendorid":"v"}}`, "", 422, bad},
		"through references":  {"POST /order", `{"order":{"accountid":"a","vendorid":"v","details":{"quantity":0}}}`, "", 422, bad},
		"parameter missing":   {"GET /order?accountid=a", "", "", 400, `{"message":"Missing required request parameters: [vendorid]","type":"BAD_REQUEST_PARAMETERS"}`},
		"parameters missing":  {"GET /order", "", "", 400, `{"message":"Missing required request parameters: [accountid, vendorid]","type":"BAD_REQUEST_PARAMETERS"}`},
		"parameter is blank":  {"GET /order?accountid=a&vendorid=%20", "", "", 400, `{"message":"Missing required request parameters: [vendorid]","type":"BAD_REQUEST_PARAMETERS"}`},
		"unreasonable number": {"POST /order", `{"order":{"accountid":"a","vendorid":"v","details":{"quantity":1e99999999}}}`, "", 422, bad},
	} {
		t.Run(name, func(t *testing.T) {
			var header []string
			if tc.contentType != "" {
				header = []string{"Content-Type", tc.contentType}
			}
			got := a.call(t, tc.line, tc.body, header...)
			require.Equal(t, tc.status, got.status, got.body)
			require.JSONEq(t, tc.want, got.body)
			require.Equal(t, "application/json", got.header.Get("Content-Type"))
			if tc.status == 422 {
				require.Equal(t, "body", got.header.Get("X-Why"), "the type's own response")
				require.Empty(t, got.header.Get("Access-Control-Allow-Origin"), "and not also the default's")
			} else {
				require.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
	require.Zero(t, a.functions.calls)
	require.Equal(t, 202, a.call(t, "POST /order", "not JSON", "Content-Type", "text/plain").status, "a media type without a model is not validated")
}

func TestABodyOverTheLimitGetsWhatNoAPICanChange(t *testing.T) {
	a := newCloud(t).deploy(t, edit(t, `{"statusCode":400}`, "x-amazon-apigateway-gateway-responses", "REQUEST_TOO_LARGE"), nil)
	got := a.call(t, "POST /order", strings.Repeat(" ", 10<<20+1))
	require.Equal(t, 413, got.status)
	require.Equal(t, "HTTP content length exceeded 10485760 bytes.", got.body)
	require.Equal(t, "text/plain", got.header.Get("Content-Type"))
	require.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
}

func TestAMethodMayHaveAValidatorOfItsOwn(t *testing.T) {
	const validators = "x-amazon-apigateway-request-validators"
	text := edit(t, `{"all":{"validateRequestBody":true,"validateRequestParameters":true},"some":{"validateRequestParameters":true}}`, validators)
	text = strings.ReplaceAll(text, `"post":{`, `"post":{"x-amazon-apigateway-request-validator":"some",`)
	a := newCloud(t).deploy(t, text, nil)
	require.Equal(t, 202, a.call(t, "POST /order", "{").status, "the function gets the body as it is")
	require.Equal(t, "{", a.functions.event(t)["body"])
	require.Equal(t, 400, a.call(t, "GET /order", "").status, "the validator of the document")
}

func TestPreflightIsAnsweredWithoutAFunction(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	got := a.call(t, "OPTIONS /order", "", "Origin", "https://shop.example.com")
	require.Equal(t, 200, got.status)
	require.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "OPTIONS,GET,POST", got.header.Get("Access-Control-Allow-Methods"))
	require.Empty(t, got.body)
	require.Zero(t, a.functions.calls)
}

func TestAFunctionsAnswerBecomesTheResponse(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	a.functions.returns(`{"statusCode":"201","headers":{"x-one":"1","Set-Cookie":"a=1"},` +
		`"multiValueHeaders":{"Set-Cookie":["b=2","c=3"]},"body":"<&>"}`)
	got := a.call(t, "GET /files/x", "")
	require.Equal(t, 201, got.status)
	require.Equal(t, "<&>", got.body)
	require.Equal(t, "1", got.header.Get("X-One"))
	require.Equal(t, []string{"b=2", "c=3", "a=1"}, got.header["Set-Cookie"])
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	for _, name := range []string{"x-amzn-RequestId", "x-amz-apigw-id", "X-Amzn-Trace-Id"} {
		require.NotEmpty(t, got.header.Get(name), name)
	}

	a.functions.returns(`{}`)
	got = a.call(t, "GET /files/x", "")
	require.Equal(t, 200, got.status)
	require.Empty(t, got.body)
}

func TestAFunctionThatFailsIsA5XX(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	for name, tc := range map[string]struct {
		result lambda.Result
		err    error
		status int
	}{
		"function error":   {result: lambda.Result{FunctionError: lambda.Unhandled, Payload: []byte(`{"errorMessage":"x"}`)}, status: 502},
		"not JSON":         {result: lambda.Result{Payload: []byte(`hello`)}, status: 502},
		"null":             {result: lambda.Result{Payload: []byte(`null`)}, status: 502},
		"a string":         {result: lambda.Result{Payload: []byte(`"hello"`)}, status: 502},
		"other members":    {result: lambda.Result{Payload: []byte(`{"statusCode":200,"message":"x"}`)}, status: 502},
		"body an object":   {result: lambda.Result{Payload: []byte(`{"statusCode":200,"body":{}}`)}, status: 502},
		"header a number":  {result: lambda.Result{Payload: []byte(`{"statusCode":200,"headers":{"a":7}}`)}, status: 502},
		"header an object": {result: lambda.Result{Payload: []byte(`{"statusCode":200,"headers":{"a":{}}}`)}, status: 502},
		"status a word":    {result: lambda.Result{Payload: []byte(`{"statusCode":"ok"}`)}, status: 502},
		"no permission":    {err: &policy.DeniedError{}, status: 500},
		"throttled":        {err: lambda.Throttled(), status: 500},
		"not found":        {err: wire.Errorf(404, "ResourceNotFoundException", "Function not found"), status: 500},
	} {
		t.Run(name, func(t *testing.T) {
			a.functions.fails(tc.result, tc.err)
			got := a.call(t, "GET /files/x", "")
			require.Equal(t, tc.status, got.status)
			require.JSONEq(t, `{"message":"Internal server error"}`, got.body)
			require.Equal(t, "InternalServerErrorException", got.header.Get("x-amzn-ErrorType"))
		})
	}
	a.functions.fails(lambda.Result{}, wire.Errorf(413, "RequestTooLargeException", "too large"))
	require.Equal(t, 413, a.call(t, "GET /files/x", "").status, "Lambda takes less than API Gateway")
}

func TestAnIntegrationThatTakesTooLongTimesOut(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	waiting := make(chan context.Context, 1)
	a.functions.answer = func(ctx context.Context, _ lambda.Invocation) (lambda.Result, error) {
		waiting <- ctx
		<-ctx.Done()
		return lambda.Result{}, ctx.Err()
	}
	done := make(chan answer, 1)
	go func() { done <- a.call(t, "GET /order?accountid=a&vendorid=v", "") }()
	ctx := <-waiting
	a.Clock.Advance(28_999e6)
	require.NoError(t, ctx.Err())
	a.Clock.Advance(1e6)
	got := <-done
	require.Equal(t, 504, got.status)
	require.JSONEq(t, `{"message":"Endpoint request timed out"}`, got.body)
}

func TestAnErrorOfTheInvocationIsNotATimeout(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	a.functions.fails(lambda.Result{}, errors.New("the network is down"))
	require.Equal(t, 500, a.call(t, "GET /files/x", "").status)
}
