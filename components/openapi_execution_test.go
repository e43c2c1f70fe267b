package components_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sfn"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// postOrder returns the operation POST /order of the Orchestrator's API.
func postOrder(t *testing.T, c *cloud) map[string]any {
	t.Helper()
	return at(t, c.document(t, restAPIType, "orchestrator-api", "body"), "paths", "/order", "post")
}

func TestAnOrderStartsAnExecutionWithoutAFunction(t *testing.T) {
	way := at(t, postOrder(t, orchestrator(t, nil)), integration)
	require.Equal(t, []string{"credentials", "httpMethod", "passthroughBehavior", "requestTemplates", "responses", "type", "uri"},
		slices.Sorted(maps.Keys(way)))
	has(t, way, map[string]any{
		"type": "aws", "httpMethod": "POST",
		"uri":         "arn:aws:apigateway:eu-west-1:states:action/StartExecution",
		"credentials": "arn:role/orchestrator-api-start-post-order-role",
		// Only JSON is validated.
		"passthroughBehavior": "never",
	})
	require.Equal(t, map[string]any{"application/json": `#set($id = $input.json('$.order.orderid').replaceAll("[^A-Za-z0-9._-]",""))` +
		`#if($id == "")#set($id = $context.requestId)#end#set($context.requestOverride.header.X-Order-Id = $id)` +
		`#if($input.body.length() > 65536){}#else` +
		`#set($body = $util.escapeJavaScript($input.body).replaceAll("\\'","'"))` +
		`{"stateMachineArn":"` + machine("orchestrator") + `","name":"$context.requestId",` +
		`"input":"{\"orderid\":\"$id\",\"requestid\":\"$context.requestId\",\"accepted\":$context.requestTimeEpoch,` +
		`\"body\":\"$util.escapeJavaScript($body).replaceAll("\\'","'")\"}"}#end`,
	}, way["requestTemplates"])
}

func TestTheOtherRoutesAreThoseOfFanOut(t *testing.T) {
	routes := func(c *cloud, name string) map[string]any {
		paths := at(t, c.document(t, restAPIType, name+"-api", "body"), "paths")
		for _, item := range paths {
			for _, operation := range item.(map[string]any) {
				if way := at(t, operation.(map[string]any), integration); way["uri"] != nil {
					way["uri"] = strings.ReplaceAll(way["uri"].(string), name, "NAME")
				}
			}
		}
		delete(at(t, paths, "/order"), "post")
		return paths
	}
	require.Empty(t, cmp.Diff(routes(fanOut(t, nil), "fanout"), routes(orchestrator(t, nil), "orchestrator")))
}

func TestAnswersOfStepFunctionsAreMappedToAnswersOfTheAPI(t *testing.T) {
	for _, origin := range []string{"*", "https://shop.example.com"} {
		operation := postOrder(t, orchestrator(t, func(a *components.OrchestratorArgs) { a.Api.AllowOrigin = pulumi.String(origin) }))
		mappings := at(t, operation, integration, "responses")
		statuses := map[string]string{}
		for pattern, m := range mappings {
			mapping := m.(map[string]any)
			statuses[pattern] = mapping["statusCode"].(string)
			require.Equal(t, map[string]any{"method.response.header.Access-Control-Allow-Origin": "'" + origin + "'"}, mapping["responseParameters"])
			require.Equal(t, []string{"application/json"}, slices.Collect(maps.Keys(at(t, mapping, "responseTemplates"))))
		}
		require.Equal(t, map[string]string{"200": "202", `4\d{2}`: "500", "default": "503"}, statuses)

		template := func(pattern string) string {
			return at(t, mappings, pattern, "responseTemplates")["application/json"].(string)
		}
		// AWS does not document that the response's template can read the id. If it cannot, the answer is still JSON, without an orderid.
		require.Equal(t, `#set($id = $context.requestOverride.header.X-Order-Id){#if($id && $id != "")"orderid":"$id",#end`+
			`"requestid":"$context.requestId","executionArn":"$input.path('$.executionArn')"}`, template("200"))
		require.Equal(t, "The order was not accepted; try again", parse(t, template("default"))["message"])
		refused := template(`4\d{2}`)
		for kind, status := range map[string]string{"ValidationException": "413", "InvalidArn": "413", "Throttling": "503", "ExecutionLimitExceeded": "503"} {
			_, after, ok := strings.Cut(refused, `$type.contains("`+kind+`")`)
			require.True(t, ok, kind)
			_, after, ok = strings.Cut(after, "$context.responseOverride.status = ")
			require.True(t, ok, kind)
			require.Equal(t, status, after[:3], kind)
		}
		require.NotContains(t, refused, "AlreadyExists", "every request starts an execution of its own")
		// Step Functions' own message, which names the account, is not passed on.
		require.NotContains(t, refused, "$.message")
		require.NotContains(t, refused, "$input.body")

		// The method must declare each status of a mapping or its template. Otherwise API Gateway refuses the document, or
		// drops the header.
		for _, status := range []string{"202", "413", "500", "503"} {
			require.Contains(t, at(t, operation, "responses", status, "headers"), "Access-Control-Allow-Origin")
		}
	}
}

func TestOnlyJSONThatMayBeAnOrderStartsAnExecution(t *testing.T) {
	doc := orchestrator(t, nil).document(t, restAPIType, "orchestrator-api", "body")
	validator := at(t, doc, "paths", "/order", "post")["x-amazon-apigateway-request-validator"].(string)
	require.Equal(t, true, at(t, doc, "x-amazon-apigateway-request-validators", validator)["validateRequestBody"])
	body := at(t, doc, "paths", "/order", "post", "requestBody")
	require.Equal(t, true, body["required"])
	properties := at(t, body, "content", "application/json", "schema", "properties", "order", "properties")
	require.Equal(t, []string{"accountid", "city", "details", "eventtype", "orderdate", "orderid", "vendorid"}, slices.Sorted(maps.Keys(properties)))
}

// The validator's own message repeats the value, even a long one, and does not name the field.
func TestTheErrorForAnInvalidOrderDescribesAValidOneAndDoesNotRepeatTheInput(t *testing.T) {
	response := func(c *cloud, name string) string {
		return at(t, c.document(t, restAPIType, name+"-api", "body"), "x-amazon-apigateway-gateway-responses",
			"BAD_REQUEST_BODY", "responseTemplates")["application/json"].(string)
	}
	message := parse(t, response(orchestrator(t, nil), "orchestrator"))["message"].(string)
	require.Regexp(t, "^Invalid request body: it is not JSON, or breaks one of these rules. An order has ", message)
	for _, field := range []string{"accountid", "vendorid", "orderid", "orderdate", "city", "details", "coffeetype", "coffeesize", "unitprice", "quantity", "eventtype"} {
		require.Contains(t, message, field)
	}
	require.NotContains(t, message, "$", "it does not repeat what was sent")
	require.Less(t, len(message), 600)
	// Behind FanOut's API, a function names each field that is not valid.
	require.NotContains(t, at(t, fanOut(t, nil).document(t, restAPIType, "fanout-api", "body"), "x-amazon-apigateway-gateway-responses"), "BAD_REQUEST_BODY")
}

func TestARouteOfAnotherProgramToItsOwnMachine(t *testing.T) {
	c := &cloud{}
	rules := "A parcel has an id: 1 to 80 letters, (digits), [and] .'/_-; nothing else, please:"
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		m, err := sfn.NewStateMachine(ctx, "parcels", &sfn.StateMachineArgs{Definition: pulumi.String("{}"), RoleArn: pulumi.String("arn:role")})
		if err != nil {
			return err
		}
		fn, err := lambda.NewFunction(ctx, "fn", &lambda.FunctionArgs{Role: pulumi.String("arn:role")})
		if err != nil {
			return err
		}
		_, err = components.NewOrderApi(ctx, "api", &components.OrderApiArgs{Authorizer: open, Routes: []components.Route{
			{
				Method: "PUT", Path: "/parcel/{id}", Body: `{"type": "object"}`, BodyRules: rules,
				Execution: &components.Execution{StateMachineArn: m.Arn, IdPath: "$.parcel.id_1"},
				Responses: []components.Response{{Status: 202}, {Status: 413}, {Status: 500}, {Status: 503}},
			},
			{Method: "POST", Path: "/label", Function: target(fn), Body: `{"type": "object"}`, BodyRules: "A label is short.", Responses: []components.Response{{Status: 204}}},
		}})
		return err
	}))
	text := c.inputs(t, restAPIType, "api")["body"].(string)
	require.True(t, json.Valid([]byte(text)))
	doc := parse(t, text)
	way := at(t, doc, "paths", "/parcel/{id}", "put", integration)
	require.Equal(t, "arn:role/api-start-put-parcel-id-role", way["credentials"])
	template := at(t, way, "requestTemplates")["application/json"].(string)
	require.Contains(t, template, `$input.json('$.parcel.id_1')`)
	require.Contains(t, template, machine("parcels"))
	bad := at(t, doc, "x-amazon-apigateway-gateway-responses", "BAD_REQUEST_BODY", "responseTemplates")["application/json"].(string)
	require.True(t, strings.HasSuffix(parse(t, bad)["message"].(string), " "+rules), bad)
	require.Equal(t, "all", at(t, doc, "paths", "/parcel/{id}", "put")["x-amazon-apigateway-request-validator"])
	require.NotContains(t, at(t, doc, "paths", "/label", "post"), "x-amazon-apigateway-request-validator", "the function answers")
}
