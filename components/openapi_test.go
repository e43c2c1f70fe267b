package components_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const restAPIType = "aws:apigateway/restApi:RestApi"

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &m))
	return m
}

// at follows keys into a document.
func at(t *testing.T, doc map[string]any, keys ...string) map[string]any {
	t.Helper()
	for _, key := range keys {
		next, ok := doc[key].(map[string]any)
		require.True(t, ok, "no object %q of %q", key, keys)
		doc = next
	}
	return doc
}

const integration = "x-amazon-apigateway-integration"

func TestTheDocumentRoutesEachMethodToItsFunction(t *testing.T) {
	doc := fanOut(t, nil).document(t, restAPIType, "fanout-api", "body")
	require.Equal(t, "3.0.1", doc["openapi"])
	require.Equal(t, "fanout-api", at(t, doc, "info")["title"])
	got := map[string]string{}
	for path, item := range at(t, doc, "paths") {
		for method, operation := range item.(map[string]any) {
			way := at(t, operation.(map[string]any), integration)
			if method == "options" {
				require.Equal(t, "mock", way["type"])
				continue
			}
			// Lambda is invoked by POST, for any method of the route.
			has(t, way, map[string]any{"type": "aws_proxy", "httpMethod": "POST"})
			got[method+" "+path] = way["uri"].(string)
		}
	}
	require.Equal(t, map[string]string{
		"post /order":  "invoke:function/fanout-publish-order",
		"get /order":   "invoke:function/fanout-get-order",
		"get /invoice": "invoke:function/fanout-get-invoice",
	}, got)
}

func TestTheDocumentDescribesBodiesAndValidatesParameters(t *testing.T) {
	doc := fanOut(t, nil).document(t, restAPIType, "fanout-api", "body")
	validator := doc["x-amazon-apigateway-request-validator"].(string)
	require.Equal(t, map[string]any{"validateRequestBody": false, "validateRequestParameters": true},
		at(t, doc, "x-amazon-apigateway-request-validators", validator), "the function says what is wrong with a body, and where")

	body := at(t, doc, "paths", "/order", "post", "requestBody")
	require.Equal(t, true, body["required"])
	schema := at(t, body, "content", "application/json", "schema")
	require.Equal(t, []any{"order"}, schema["required"])
	require.Equal(t, []any{"accountid", "vendorid", "orderdate"}, at(t, schema, "properties", "order")["required"])

	required := func(path string) map[string]bool {
		got := map[string]bool{}
		for _, p := range at(t, doc, "paths", path, "get")["parameters"].([]any) {
			parameter := p.(map[string]any)
			require.Equal(t, "query", parameter["in"])
			got[parameter["name"].(string)] = parameter["required"].(bool)
		}
		return got
	}
	require.Equal(t, map[string]bool{"accountid": true, "vendorid": true}, required("/order"))
	require.Equal(t, map[string]bool{"accountid": true, "vendorid": false}, required("/invoice"))

	statuses := func(path, method string) []string {
		var got []string
		for _, status := range []string{"200", "202", "400", "404"} {
			if _, ok := at(t, doc, "paths", path, method, "responses")[status]; ok {
				got = append(got, status)
			}
		}
		return got
	}
	require.Equal(t, []string{"202", "400"}, statuses("/order", "post"))
	require.Equal(t, []string{"200", "400", "404"}, statuses("/order", "get"))
	require.Equal(t, []string{"200", "400", "404"}, statuses("/invoice", "get"))
}

func TestBrowsersOfTheOriginMayCallEveryPathAndReadEveryError(t *testing.T) {
	for origin, set := range map[string]pulumi.StringPtrInput{"*": nil, "https://shop.example.com": pulumi.String("https://shop.example.com")} {
		t.Run(origin, func(t *testing.T) {
			doc := fanOut(t, func(a *components.FanOutArgs) { a.Api.AllowOrigin = set }).document(t, restAPIType, "fanout-api", "body")
			for path, methods := range map[string]string{"/order": "'OPTIONS,POST,GET'", "/invoice": "'OPTIONS,GET'"} {
				options := at(t, doc, "paths", path, "options")
				require.Equal(t, map[string]any{"application/json": `{"statusCode": 200}`}, at(t, options, integration, "requestTemplates"))
				answer := at(t, options, integration, "responses", "default")
				require.Equal(t, "200", answer["statusCode"])
				require.Equal(t, map[string]any{
					"method.response.header.Access-Control-Allow-Origin":  "'" + origin + "'",
					"method.response.header.Access-Control-Allow-Methods": methods,
					"method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amzn-Trace-Id'",
					"method.response.header.Access-Control-Max-Age":       "'3600'",
				}, answer["responseParameters"])
				// API Gateway drops headers that the method does not declare.
				declared := at(t, options, "responses", "200", "headers")
				require.Len(t, declared, 4)
				for name := range answer["responseParameters"].(map[string]any) {
					require.Contains(t, declared, name[len("method.response.header."):])
				}
			}
			responses := at(t, doc, "x-amazon-apigateway-gateway-responses")
			for kind, status := range map[string]any{"DEFAULT_4XX": nil, "DEFAULT_5XX": nil, "MISSING_AUTHENTICATION_TOKEN": "404"} {
				response := at(t, responses, kind)
				require.Equal(t, status, response["statusCode"], kind)
				require.Equal(t, "'"+origin+"'", at(t, response, "responseParameters")["gatewayresponse.header.Access-Control-Allow-Origin"])
				require.Regexp(t, `^\{"message":.*\}$`, at(t, response, "responseTemplates")["application/json"])
			}
			require.Len(t, responses, 3)
		})
	}
}

func TestTheSameInputGivesTheSameDocumentAndAnotherOneANewDeployment(t *testing.T) {
	deploy := func(origin pulumi.StringPtrInput) (body, trigger string) {
		c := fanOut(t, func(a *components.FanOutArgs) { a.Api.AllowOrigin = origin })
		deployment := c.inputs(t, "aws:apigateway/deployment:Deployment", "fanout-api")
		require.Equal(t, "id:restapi/fanout-api", deployment["restApi"])
		return c.inputs(t, restAPIType, "fanout-api")["body"].(string), deployment["triggers"].(map[string]any)["document"].(string)
	}
	body, trigger := deploy(nil)
	require.Regexp(t, `^[0-9a-f]{64}$`, trigger)
	for range 3 {
		sameBody, sameTrigger := deploy(nil)
		require.Equal(t, body, sameBody)
		require.Equal(t, trigger, sameTrigger)
	}
	_, other := deploy(pulumi.String("https://shop.example.com"))
	require.NotEqual(t, trigger, other)
}

func TestARouteOfAnotherProgramWithPathParametersAndABody(t *testing.T) {
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		fn, err := lambda.NewFunction(ctx, "fn", &lambda.FunctionArgs{Role: pulumi.String("arn:role")})
		if err != nil {
			return err
		}
		others := []pulumi.Resource{fn, fn}
		_, err = components.NewOrderApi(ctx, "api", &components.OrderApiArgs{
			Authorizer: open,
			Routes: []components.Route{{
				Method: "PUT", Path: "/order/{orderId}/{rest+}", Function: target(fn), Summary: "Changes an order",
				Body:      `{"type": "object"}`,
				Responses: []components.Response{{Status: 204, Description: "Changed"}},
			}},
			DependsOn: others[:1],
		})
		require.Same(t, fn, others[1], "the caller's slice is left alone")
		return err
	}))
	operation := at(t, c.document(t, restAPIType, "api", "body"), "paths", "/order/{orderId}/{rest+}", "put")
	require.Empty(t, cmp.Diff(map[string]any{
		"summary": "Changes an order",
		"parameters": []any{
			map[string]any{"name": "orderId", "in": "path", "required": true, "schema": map[string]any{"type": "string"}},
			map[string]any{"name": "rest", "in": "path", "required": true, "schema": map[string]any{"type": "string"}},
		},
		"responses":   map[string]any{"204": map[string]any{"description": "Changed"}},
		"requestBody": map[string]any{"required": true, "content": map[string]any{"application/json": map[string]any{"schema": map[string]any{"type": "object"}}}},
		integration: map[string]any{"type": "aws_proxy", "httpMethod": "POST", "uri": "invoke:function/fn",
			"passthroughBehavior": "when_no_match"},
	}, operation))
	require.Equal(t, "arn:restapi/api/prod/PUT/order/*/*",
		c.inputs(t, "aws:lambda/permission:Permission", "api-invoke-put-order-orderId-rest")["sourceArn"])
	require.Contains(t, c.dependencies(t, stageType, "api"), "function/fn")
}
