package apigateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
)

const accessDenied = `{"__type":"AccessDeniedException","message":"not authorized"}`

// mapped has the responses of an API that starts executions: 202 for a start, 409 for an order that exists already, and
// 503 for other errors.
func mapped(t testing.TB) string {
	return starts(t, func(i map[string]any) {
		i["responses"] = map[string]any{
			"200": map[string]any{
				"statusCode":         "202",
				"responseTemplates":  map[string]any{"application/json": `{"orderid":"$input.path('$.executionArn').replaceAll("^.*:","")","executionArn":"$input.path('$.executionArn')"}`},
				"responseParameters": map[string]any{},
			},
			`4\d{2}`: map[string]any{"statusCode": "500", "responseTemplates": map[string]any{"application/json": `#if($input.path('$.__type').contains("ExecutionAlreadyExists"))
#set($context.responseOverride.status = 409)
{"message":"The order $context.requestId exists already"}
#else
#set($context.responseOverride.status = 503)
{"message":"Try again"}
#end`}},
			"default": map[string]any{
				"statusCode":         "200",
				"responseParameters": map[string]any{"method.response.header.Access-Control-Allow-Origin": "'*'"},
			},
		}
	})
}

func TestTheServicesStatusChoosesTheResponse(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	a := c.deploy(t, mapped(t), nil)
	const arn = "arn:aws:states:us-east-1:123456789012:execution:orders:o-1"
	for name, test := range map[string]struct {
		status int
		body   string
		want   int
		text   string
	}{
		"started":   {200, `{"executionArn":"` + arn + `","startDate":1.5}`, 202, `{"orderid":"o-1","executionArn":"` + arn + `"}`},
		"exists":    {400, `{"__type":"ExecutionAlreadyExists","message":"x"}`, 409, `{"message":"The order ID exists already"}`},
		"throttled": {400, `{"__type":"ThrottlingException","message":"x"}`, 503, `{"message":"Try again"}`},
		"denied":    {403, accessDenied, 503, `{"message":"Try again"}`},
		"untyped":   {400, `{}`, 503, `{"message":"Try again"}`},
		"default":   {500, `{"__type":"InternalFailure"}`, 200, `{"__type":"InternalFailure"}`},
	} {
		t.Run(name, func(t *testing.T) {
			a.states.returns(test.status, test.body)
			got := a.call(t, "POST /order/v0", `{}`)
			require.Equal(t, test.want, got.status)
			if name == "exists" {
				test.text = `{"message":"The order ` + got.header.Get("x-amzn-RequestId") + ` exists already"}`
			}
			require.JSONEq(t, test.text, got.body)
			require.Equal(t, "application/json", got.header.Get("Content-Type"))
			if name == "default" {
				require.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"))
			}
		})
	}
	a.states.returns(200, "not JSON")
	got := a.call(t, "POST /order/v0", `{}`)
	require.Equal(t, 500, got.status)
	require.JSONEq(t, `{"message":"Internal server error"}`, got.body)
}

func TestAHeaderOfTheRequestIsKeptForTheTemplateOfTheResponse(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	const set = `#set($context.requestOverride.header.X-Id = $input.path('$.id'))`
	deploy := func(request string) *api {
		return c.deploy(t, starts(t, func(i map[string]any) {
			i["requestTemplates"] = map[string]any{"application/json": request + "{}"}
			i["responses"] = map[string]any{"default": map[string]any{"statusCode": "200", "responseTemplates": map[string]any{
				"application/json": `#set($id = $context.requestOverride.header.X-Id)[#if($id)"$id"#end]`,
			}}}
		}), nil)
	}
	a := deploy(set)
	require.Equal(t, `["o1"]`, a.call(t, "POST /order/v0", `{"id":"o1"}`).body)
	require.Equal(t, `[]`, a.call(t, "POST /order/v0", `{}`).body, "that of another request is not kept")
	require.Equal(t, 500, deploy(set+set).call(t, "POST /order/v0", `{"id":"o1"}`).status, "an override is final")
}

func TestAnOverrideMustBeOneStatus(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	for template, want := range map[string]int{
		`#set($context.responseOverride.status = 418)`:                                                 418,
		`#set($s = $input.path('$.s'))#set($context.responseOverride.status = $s)`:                     404,
		`#set($context.responseOverride.status = "404")`:                                               200,
		`#set($context.responseOverride.status = 99)`:                                                  200,
		`#set($context.responseOverride.status = 404.5)`:                                               200,
		`#set($context.responseOverride.status = $input.path('$.x'))`:                                  200,
		`#set($context.responseOverride.status = 404)#set($context.responseOverride.status = 404)`:     500,
		`#if(true)#set($context.responseOverride.status = 201)#end#if($context.stage == "prod")ok#end`: 201,
	} {
		a := c.deploy(t, starts(t, func(i map[string]any) {
			i["responses"] = map[string]any{"default": map[string]any{"statusCode": "200", "responseTemplates": map[string]any{"application/json": template}}}
		}), nil)
		a.states.returns(200, `{"s":404}`)
		require.Equal(t, want, a.call(t, "POST /order/v0", `{}`).status, template)
	}
}

func TestAStatusWithoutAResponseIsAConfigurationError(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	a := c.deploy(t, starts(t, func(i map[string]any) {
		i["responses"] = map[string]any{"200": map[string]any{"statusCode": "200"}}
	}), nil)
	a.states.returns(400, accessDenied)
	got := a.call(t, "POST /order/v0", `{}`)
	require.Equal(t, 500, got.status)
	require.JSONEq(t, `{"message":"Internal server error"}`, got.body)
}

func TestTheRolesPermissionsCount(t *testing.T) {
	c := newCloud(t)
	role, start := c.trusts(t, "apigateway.amazonaws.com")
	a := c.deploy(t, mapped(t), nil)
	a.states.answer = func(ctx context.Context, p policy.Principal, _ []byte) (int, []byte) {
		if c.Account.Authorize(ctx, policy.Request{Principal: p, Action: "states:StartExecution", Resource: machine}) != nil {
			return http.StatusBadRequest, []byte(accessDenied)
		}
		return http.StatusOK, []byte(`{}`)
	}
	require.Equal(t, 202, a.call(t, "POST /order/v0", `{}`).status)
	require.NoError(t, c.Delete(t, "aws:iam/rolePolicy:RolePolicy", start))
	require.Equal(t, 503, a.call(t, "POST /order/v0", `{}`).status, "a denial is the service's answer, and is mapped")

	calls := a.states.calls
	require.NoError(t, c.Update(t, "aws:iam/role:Role", role, map[string]any{"name": "gateway", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`}))
	got := a.call(t, "POST /order/v0", `{}`)
	require.Equal(t, 500, got.status, "a role that API Gateway cannot assume is a configuration error, not mapped")
	require.JSONEq(t, `{"message":"Internal server error"}`, got.body)
	require.Equal(t, calls, a.states.calls)
}

func TestTheMediaTypeChoosesTheTemplate(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	templates := map[string]any{"application/json": "json"}
	for name, test := range map[string]struct {
		behavior  any
		templates map[string]any
		media     string
		status    int
		want      string
	}{
		"match":                      {"never", templates, "application/json; charset=utf-8", 200, "json"},
		"JSON where nothing is said": {"never", templates, "", 200, "json"},
		"default":                    {nil, templates, "text/plain", 200, "as it is"},
		"no match":                   {"when_no_match", templates, "text/plain", 200, "as it is"},
		"never":                      {"never", templates, "text/plain", 415, ""},
		"never without templates":    {"never", nil, "application/json", 415, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.deploy(t, starts(t, func(i map[string]any) {
				if i["requestTemplates"] = test.templates; test.templates == nil {
					delete(i, "requestTemplates")
				}
				if i["passthroughBehavior"] = test.behavior; test.behavior == nil {
					delete(i, "passthroughBehavior")
				}
			}), nil)
			a.states.body = ""
			var header []string
			if test.media != "" {
				header = []string{"Content-Type", test.media}
			}
			require.Equal(t, test.status, a.call(t, "POST /order/v0", "as it is", header...).status)
			require.Equal(t, test.want, a.states.body)
		})
	}
}

func TestAnActionThatTakesTooLongTimesOut(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	a := c.deploy(t, starts(t, func(map[string]any) {}), nil)
	waiting := make(chan context.Context, 1)
	a.states.answer = func(ctx context.Context, _ policy.Principal, _ []byte) (int, []byte) {
		waiting <- ctx
		<-ctx.Done()
		return http.StatusInternalServerError, nil
	}
	done := make(chan answer, 1)
	go func() { done <- a.call(t, "POST /order/v0", `{}`) }()
	ctx := <-waiting
	a.Clock.Advance(29*time.Second - time.Millisecond)
	require.NoError(t, ctx.Err())
	a.Clock.Advance(time.Millisecond)
	got := <-done
	require.Equal(t, 504, got.status)
	require.JSONEq(t, `{"message":"Endpoint request timed out"}`, got.body)
}

func TestActionsAreRefusedByName(t *testing.T) {
	c := newCloud(t)
	for name, test := range map[string]struct {
		member string
		value  any
		want   string
	}{
		"path URI":        {"uri", "arn:aws:apigateway:us-east-1:states:path/x", "SERVICE:action/ACTION"},
		"function":        {"uri", "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:f/invocations", "other URIs of the type aws are not supported"},
		"Region":          {"uri", "arn:aws:apigateway:eu-west-1:states:action/StartExecution", "must be arn:aws:apigateway:us-east-1"},
		"service":         {"uri", "arn:aws:apigateway:us-east-1:dynamodb:action/PutItem", `the service "dynamodb" is not supported by the embedded cloud in integrations; it has ["states"]`},
		"verb":            {"httpMethod", "GET", "must be POST"},
		"parameter":       {"requestParameters", map[string]any{"integration.request.querystring.a": "'1'"}, "requestParameters is not supported"},
		"content":         {"contentHandling", "CONVERT_TO_TEXT", "contentHandling is not supported"},
		"response":        {"responses", map[string]any{"default": map[string]any{"statusCode": "204"}}, "invalid method response: 204"},
		"response header": {"responses", map[string]any{"default": map[string]any{"statusCode": "200", "responseParameters": map[string]any{"method.response.header.Access-Control-Allow-Origin": "integration.response.header.X"}}}, "only a static value"},
		"pattern":         {"responses", map[string]any{"4(": map[string]any{"statusCode": "200"}}, "is not a regular expression"},
		"template":        {"responses", map[string]any{"default": map[string]any{"statusCode": "200", "responseTemplates": map[string]any{"application/json": "$util.base64Encode('a')"}}}, "responses.default.responseTemplates.application/json: line 1: $util.base64Encode"},
	} {
		t.Run(name, func(t *testing.T) {
			body := starts(t, func(i map[string]any) { i[test.member] = test.value })
			failures := c.Check(t, apiType, map[string]any{"body": body}).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), test.want)
		})
	}
}

func TestAccessLogsShowTheAnswersOfActions(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": c.role(t, "logger", "apigateway.amazonaws.com", pushToLogs)})
	c.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": "api"})
	a := c.deploy(t, mapped(t), accessLogs(`{"id":"$context.requestId","status":"$context.status","error":"$context.integration.error"}`))
	a.states.returns(400, accessDenied)
	a.call(t, "POST /order/v0", `{}`)
	require.NoError(t, c.gateway.Close())
	var line map[string]string
	require.NoError(t, json.Unmarshal([]byte(c.lines(t)[0]), &line))
	require.Equal(t, "503", line["status"])
	require.Equal(t, accessDenied, line["error"])
}

const (
	integrationExtension = "x-amazon-apigateway-integration"
	gatewayRole          = "arn:aws:iam::123456789012:role/gateway"
	startExecution       = "arn:aws:apigateway:us-east-1:states:action/StartExecution"
)

// starts is a document whose POST /order/{vendorid} starts an execution. change edits the integration.
func starts(t testing.TB, change func(integration map[string]any)) string {
	t.Helper()
	integration := map[string]any{
		"type": "aws", "httpMethod": "POST", "uri": startExecution, "credentials": gatewayRole,
		"responses": map[string]any{"default": map[string]any{"statusCode": "200"}},
	}
	change(integration)
	text, err := json.Marshal(map[string]any{"openapi": "3.0.1", "paths": map[string]any{"/order/{vendorid}": map[string]any{"post": map[string]any{
		"responses": map[string]any{
			"200": map[string]any{"headers": map[string]any{"Access-Control-Allow-Origin": map[string]any{}}}, "202": map[string]any{}, "500": map[string]any{},
		},
		integrationExtension: integration,
	}}}})
	require.NoError(t, err)
	return string(text)
}

// trusts makes the role of integrations, which a service may assume.
func (c *cloud) trusts(t testing.TB, service string) (role, policy string) {
	t.Helper()
	role, _ = c.MustDeploy(t, "aws:iam/role:Role", map[string]any{"name": "gateway", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`})
	policy, _ = c.MustDeploy(t, "aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "start", "role": role, "policy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Action":"states:StartExecution","Resource":"` + machine + `"}]}`})
	return role, policy
}

const machine = "arn:aws:states:us-east-1:123456789012:stateMachine:orders"
