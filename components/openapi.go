package components

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// This file renders the OpenAPI document of the REST API: its routes, what they accept, their targets, and API Gateway's own errors. The
// extensions are described at https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html

type object = map[string]any

// The request validators. API Gateway's error about a body does not name the field, and repeats the value, even a long one. So API Gateway
// validates a body only if no function does.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
const (
	validateAll        = "all"
	validateParameters = "parameters"
)

// documentArgs are what the document depends on, in addition to the arguments of the API.
type documentArgs struct {
	title         string
	integrations  []object // of the routes, in the same order
	allowOrigin   string
	authorizerURI string // the URI with which API Gateway invokes the authorizer
	cacheSeconds  int
}

// openAPI renders the document. The same input gives the same text, byte for byte.
func (args *OrderApiArgs) openAPI(d documentArgs) (string, error) {
	paths := object{}
	parameters := map[string][]object{}
	methods, headers := map[string][]string{}, map[string][]string{}
	for i, r := range args.Routes {
		path, ok := paths[r.Path].(object)
		if !ok {
			path = object{}
			paths[r.Path] = path
		}
		operation := r.operation(d.integrations[i], args.kind(r))
		parameters[r.Path] = r.pathParameters()
		requirements, extra := args.security(r)
		if len(requirements) > 0 {
			operation["security"] = requirements
		}
		headers[r.Path] = append(headers[r.Path], extra...)
		path[strings.ToLower(r.Method)] = operation
		methods[r.Path] = append(methods[r.Path], r.Method)
		for _, h := range r.Headers {
			headers[r.Path] = append(headers[r.Path], h.Name)
		}
	}
	for path, list := range methods {
		paths[path].(object)["options"] = preflight(list, headers[path], parameters[path], d.allowOrigin)
	}
	doc := object{
		"openapi": "3.0.1",
		"info":    object{"title": d.title, "version": "1.0"},
		"paths":   paths,
		"x-amazon-apigateway-request-validators": object{
			validateAll:        object{"validateRequestBody": true, "validateRequestParameters": true},
			validateParameters: object{"validateRequestBody": false, "validateRequestParameters": true},
		},
		"x-amazon-apigateway-request-validator": validateParameters,
		"x-amazon-apigateway-gateway-responses": gatewayResponses(d.allowOrigin, args),
	}
	if schemes := args.securitySchemes(d); len(schemes) > 0 {
		doc["components"] = object{"securitySchemes": schemes}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("rendering the OpenAPI document: %w", err)
	}
	return string(text), nil
}

// lambdaProxy returns the proxy integration of a function.
func lambdaProxy(invokeARN string) object {
	return object{
		"type":                "aws_proxy",
		"httpMethod":          "POST", // the method of Lambda's Invoke call, not of the route
		"uri":                 invokeARN,
		"passthroughBehavior": "when_no_match",
	}
}

// bodyRules joins the BodyRules of the routes whose bodies API Gateway validates.
func bodyRules(routes []Route) string {
	var rules strings.Builder
	for _, r := range routes {
		if r.Execution != nil && r.BodyRules != "" {
			rules.WriteString(" " + r.BodyRules)
		}
	}
	return rules.String()
}

func (r Route) operation(integration object, kind AuthorizerKind) object {
	responses := object{}
	for _, s := range r.allResponses(kind) {
		answer := object{"description": s.Description}
		if r.Execution != nil { // a function may send headers that are not declared
			answer["headers"] = object{"Access-Control-Allow-Origin": object{"schema": object{"type": "string"}}}
		}
		responses[fmt.Sprint(s.Status)] = answer
	}
	op := object{"summary": r.Summary, "responses": responses, "x-amazon-apigateway-integration": integration}
	if r.Execution != nil {
		op["x-amazon-apigateway-request-validator"] = validateAll
	}
	if kind == AuthJwt && len(r.Scopes) > 0 {
		op["description"] = "The token needs the scope " + strings.Join(r.Scopes, " and ")
	}
	parameters := r.pathParameters()
	for _, p := range r.Query {
		parameters = append(parameters, object{
			"name": p.Name, "in": "query", "required": p.Required, "description": p.Description,
			"schema": object{"type": "string"},
		})
	}
	for _, h := range r.Headers {
		parameters = append(parameters, object{
			"name": h.Name, "in": "header", "required": h.Required, "description": h.Description, "schema": object{"type": "string"},
		})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.Body != "" {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": json.RawMessage(r.Body)}}}
	}
	return op
}

// pathParameters declares the path parameters, which OpenAPI requires for each operation.
func (r Route) pathParameters() (parameters []object) {
	for _, name := range pathParameter.FindAllString(r.Path, -1) {
		parameters = append(parameters, object{
			"name": strings.Trim(name, "{+}"), "in": "path", "required": true, "schema": object{"type": "string"},
		})
	}
	return parameters
}

// preflight returns the operation that answers a browser's CORS preflight without a function:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
func preflight(methods, extraHeaders []string, parameters []object, allowOrigin string) object {
	slices.Sort(extraHeaders)
	headers := map[string]string{
		"Access-Control-Allow-Origin":  allowOrigin,
		"Access-Control-Allow-Methods": strings.Join(append([]string{"OPTIONS"}, methods...), ","),
		"Access-Control-Allow-Headers": strings.Join(append([]string{"Content-Type", "X-Amzn-Trace-Id"}, slices.Compact(extraHeaders)...), ","),
		"Access-Control-Max-Age":       "3600",
	}
	declared, mapped := object{}, object{}
	for name, value := range headers {
		declared[name] = object{"schema": object{"type": "string"}}
		mapped["method.response.header."+name] = "'" + value + "'"
	}
	op := object{
		"summary":   "CORS preflight",
		"responses": object{"200": object{"description": "What a browser may send", "headers": declared}},
		"x-amazon-apigateway-integration": object{
			"type":             "mock",
			"requestTemplates": object{"application/json": `{"statusCode": 200}`},
			"responses":        object{"default": object{"statusCode": "200", "responseParameters": mapped}},
		},
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	return op
}

// gatewayResponses gives API Gateway's own errors the format of the functions' errors, and CORS headers:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
//
// The 413 for a body over 10 MB is not included, because AWS does not support customizing it. It is plain text without a CORS header.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
func gatewayResponses(allowOrigin string, args *OrderApiArgs) object {
	responses := object{}
	// A status of 0 keeps API Gateway's own. message is JSON: a quoted text, or a variable that renders as one.
	respond := func(kind string, status int, message string, authenticate ...string) {
		template := `{"message":` + message + `}`
		if args.ErrorBody == DescriptionBody {
			template = fmt.Sprintf(`{"status":%d,"description":%s}`, status, message)
		}
		parameters := object{"gatewayresponse.header.Access-Control-Allow-Origin": "'" + allowOrigin + "'"}
		for _, scheme := range authenticate {
			parameters["gatewayresponse.header.WWW-Authenticate"] = "'" + scheme + "'"
		}
		r := object{"responseParameters": parameters, "responseTemplates": object{"application/json": template}}
		if status != 0 {
			r["statusCode"] = fmt.Sprint(status)
		}
		responses[kind] = r
	}
	const message = "$context.error.messageString"
	statuses := map[string]int{"DEFAULT_4XX": 0, "DEFAULT_5XX": 0}
	if args.ErrorBody == DescriptionBody {
		// No template variable holds the status. So each kind has a fixed status, and the defaults have that of their class.
		statuses = map[string]int{
			"DEFAULT_4XX": 400, "BAD_REQUEST_PARAMETERS": 400, "UNAUTHORIZED": 401, "ACCESS_DENIED": 403, "EXPIRED_TOKEN": 403,
			"INVALID_API_KEY": 403, "INVALID_SIGNATURE": 403, "WAF_FILTERED": 403, "RESOURCE_NOT_FOUND": 404,
			"UNSUPPORTED_MEDIA_TYPE": 415, "THROTTLED": 429, "QUOTA_EXCEEDED": 429,
			"DEFAULT_5XX": 500, "INTEGRATION_FAILURE": 504, "INTEGRATION_TIMEOUT": 504,
		}
	}
	for kind, status := range statuses {
		respond(kind, status, message)
	}
	if slices.ContainsFunc(args.Routes, func(r Route) bool { return r.Execution != nil }) {
		// The text must be fixed: the variable with the reason repeats the value that was sent.
		rules := cmp.Or(bodyRules(args.Routes), " They are in the API's documentation.")
		respond("BAD_REQUEST_BODY", 400, `"Invalid request body: it is not JSON, or breaks one of these rules.`+rules+`"`)
	}
	// AWS answers 403 Missing Authentication Token for a path or method that does not exist.
	respond("MISSING_AUTHENTICATION_TOKEN", 404, `"No route for $context.httpMethod $context.path"`)
	args.authorizerResponses(respond)
	return responses
}
