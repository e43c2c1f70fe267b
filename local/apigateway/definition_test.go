package apigateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// edit changes one place of the test's document, given as a path of members.
func edit(t *testing.T, value string, path ...string) string {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(document(t)), &doc))
	at := doc
	for _, name := range path[:len(path)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	var v any
	require.NoError(t, json.Unmarshal([]byte(value), &v))
	at[path[len(path)-1]] = v
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	return string(text)
}

func TestUnsupportedPartsAreRefusedByName(t *testing.T) {
	const integration = "x-amazon-apigateway-integration"
	const responses = "x-amazon-apigateway-gateway-responses"
	path := func(names ...string) []string { return append([]string{"paths", "/order"}, names...) }
	for name, tc := range map[string]struct {
		value string
		at    []string
		want  string
	}{
		"extension of the document":   {`{}`, []string{"x-amazon-apigateway-policy"}, "x-amazon-apigateway-policy is not supported"},
		"extension of a method":       {`{"type":"none"}`, path("get", "x-amazon-apigateway-auth"), "paths./order.get: x-amazon-apigateway-auth is not supported"},
		"security without a scheme":   {`[{"key":[]}]`, path("get", "security"), `paths./order.get.security[0]: there is no security scheme "key"`},
		"optional security":           {`[{}]`, path("get", "security"), "an API key or an authorizer cannot be optional"},
		"security of the document":    {`[{"key":[]}]`, []string{"security"}, "security: API Gateway ignores it at the root"},
		"security scheme":             {`{"type":"oauth2"}`, []string{"components", "securitySchemes", "x"}, "components.securitySchemes.x: only API keys (name x-api-key), awsSigv4 (name Authorization) and Lambda authorizers are supported"},
		"key in the query":            {`{"type":"apiKey","name":"x-api-key","in":"query"}`, []string{"components", "securitySchemes", "x"}, "only API keys"},
		"key in another header":       {`{"type":"apiKey","name":"Authorization","in":"header"}`, []string{"components", "securitySchemes", "x"}, "only API keys"},
		"authorizer":                  {`{"type":"apiKey","name":"x-api-key","in":"header","x-amazon-apigateway-authorizer":{}}`, []string{"components", "securitySchemes", "x"}, "only API keys"},
		"authorizer's type":           {`{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authorizer":{"type":"request","authorizerUri":"` + authorizerURI + `"}}`, []string{"components", "securitySchemes", "x"}, `components.securitySchemes.x.x-amazon-apigateway-authorizer.type: only token is supported by the embedded cloud, got "request"`},
		"authorizer's function":       {`{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authorizer":{"type":"token","authorizerUri":"arn:aws:lambda:x"}}`, []string{"components", "securitySchemes", "x"}, "authorizerUri: must be arn:aws:apigateway:us-east-1:lambda:path"},
		"authorizer's credentials":    {`{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authorizer":{"type":"token","authorizerCredentials":"x"}}`, []string{"components", "securitySchemes", "x"}, "authorizerCredentials is not supported"},
		"authorizer's expression":     {`{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authorizer":{"type":"token","authorizerUri":"` + authorizerURI + `","identityValidationExpression":"("}}`, []string{"components", "securitySchemes", "x"}, "identityValidationExpression: is not a regular expression"},
		"signature in another header": {`{"type":"apiKey","name":"X-Sig","in":"header","x-amazon-apigateway-authtype":"awsSigv4"}`, []string{"components", "securitySchemes", "x"}, "awsSigv4 (name Authorization)"},
		"key of an authorizer":        {`"AUTHORIZER"`, []string{"x-amazon-apigateway-api-key-source"}, "x-amazon-apigateway-api-key-source is not supported"},
		"version 3.1":                 {`"3.1.0"`, []string{"openapi"}, `openapi: must be a version 3.0.x, got "3.1.0"`},
		"verb":                        {`{}`, path("trace"), "paths./order: trace is not supported"},
		"no integration":              {`{"responses":{}}`, path("put"), "paths./order.put: No integration defined"},
		"member of the wrong type":    {`7`, path("get", "parameters"), "parameters cannot be a JSON number"},
		"validator":                   {`"none"`, []string{"x-amazon-apigateway-request-validator"}, `there is no validator "none"`},
		"validator of a method":       {`"none"`, path("get", "x-amazon-apigateway-request-validator"), `paths./order.get.x-amazon-apigateway-request-validator: there is no validator "none"`},
		"parameters of a path":        {`[]`, path("parameters"), "paths./order: parameters is not supported"},
		"parameter in a cookie":       {`[{"name":"x","in":"cookie"}]`, path("get", "parameters"), `in: "cookie" is not supported`},
		"parameter by reference":      {`[{"$ref":"#/x"}]`, path("get", "parameters"), "parameters[0]: $ref is not supported"},
		"path":                        {`{}`, []string{"paths", "/a{b}"}, `path part "a{b}"`},
		"two variables":               {`{}`, []string{"paths", "/order/{id}"}, "only one is allowed"},
		"below the rest of a path":    {`{}`, []string{"paths", "/files/{path+}/x"}, "nothing can follow"},
		"reference to nothing":        {`{"$ref":"#/components/schemas/None"}`, path("post", "requestBody", "content", "application/json", "schema"), "None"},
		"pattern":                     {`"("`, path("post", "requestBody", "content", "application/json", "schema", "pattern"), "is not a JSON schema of draft 4"},
		"response variable":           {`{"application/json":"$context.authorizer.claims.sub"}`, []string{responses, "THROTTLED", "responseTemplates"}, "$context.authorizer.claims.sub is not supported"},
		"words of the validator":      {`{"application/json":"$context.error.validationErrorString"}`, []string{responses, "THROTTLED", "responseTemplates"}, "$context.error.validationErrorString is not supported"},
		"variable of logs":            {`{"application/json":"$context.status"}`, []string{responses, "THROTTLED", "responseTemplates"}, "exists in access logs only"},
		"template that computes":      {`{"application/json":"$input.body"}`, []string{responses, "THROTTLED", "responseTemplates"}, "$input.body is not supported"},
		"response header of request":  {`{"gatewayresponse.header.X":"method.request.header.X"}`, []string{responses, "THROTTLED", "responseParameters"}, "only a static value"},
		"response status":             {`"ok"`, []string{responses, "THROTTLED", "statusCode"}, `must be an HTTP status, got "ok"`},
		"integration type":            {`"http"`, path("get", integration, "type"), `the integration type "http" is not supported by the embedded cloud; it has ["AWS" "AWS_PROXY" "MOCK"]`},
		"integration's credentials":   {`"arn"`, path("get", integration, "credentials"), "credentials is not supported"},
		"integration's parameters":    {`{"integration.request.header.X":"'1'"}`, path("get", integration, "requestParameters"), "requestParameters is not supported"},
		"integration's verb":          {`"GET"`, path("get", integration, "httpMethod"), "must be POST"},
		"integration's function":      {`"arn:aws:lambda:x"`, path("get", integration, "uri"), "lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations"},
		"integration's timeout":       {`3000`, path("get", integration, "timeoutInMillis"), "timeoutInMillis is not supported"},
		"mock's template":             {`{"application/json":"{\"statusCode\": $x}"}`, path("options", integration, "requestTemplates"), `must be like {"statusCode": 200}`},
		"media type of a template":    {`{"text/plain":"x"}`, []string{responses, "THROTTLED", "responseTemplates"}, "responseTemplates.text/plain: the media type is not supported"},
		"media type of a body":        {`{"text/plain":{}}`, path("get", "requestBody", "content"), "requestBody.content.text/plain: the media type is not supported"},
		"binary media types":          {`["image/png"]`, []string{"x-amazon-apigateway-binary-media-types"}, "x-amazon-apigateway-binary-media-types is not supported"},
		"passthrough":                 {`"when_no_templates"`, path("get", integration, "passthroughBehavior"), "must be when_no_match or never"},
		"mock without a template":     {`{}`, path("options", integration, "requestTemplates"), "at least one is required"},
		"mock's undeclared status":    {`"204"`, path("options", integration, "responses", "default", "statusCode"), "invalid method response: 204"},
		"not an object":               {`[]`, path("get"), "paths./order.get: must be a JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			body := edit(t, tc.value, tc.at...)
			c := newCloud(t)
			failures := c.Check(t, apiType, map[string]any{"body": body}).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), tc.want)
		})
	}
}

func TestOtherExtensionsAreIgnored(t *testing.T) {
	c := newCloud(t)
	require.Empty(t, c.Check(t, apiType, map[string]any{"body": edit(t, `{}`, "paths", "/order", "x-internal")}).GetFailures())
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	body := strings.Replace(document(t), `"type": "mock"`, `"type": "http"`, 1)
	body = strings.Replace(body, `"httpMethod": "POST"`, `"httpMethod": "PUT"`, 1)
	failures := newCloud(t).Check(t, apiType, map[string]any{"body": body}).GetFailures()
	require.Len(t, failures, 1)
	require.Contains(t, failures[0].GetReason(), `paths./order.options.x-amazon-apigateway-integration.type: the integration type "http"`)
	require.Contains(t, failures[0].GetReason(), "x-amazon-apigateway-integration.httpMethod: must be POST")
}
