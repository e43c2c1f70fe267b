package components

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// This file writes the OpenAPI document of the REST API: its routes, what they accept, their targets, and the wording of
// API Gateway's own errors. The extensions are described at
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html

type object = map[string]any

const (
	apiKeyScheme = "api_key" // also API Gateway's name for it
	apiKeyHeader = "X-Api-Key"
)

// openAPI renders the document. integrations are the targets of the routes, in the order of the routes. The same input
// gives the same text, byte for byte.
func (args *OrderApiArgs) openAPI(title string, integrations []object, allowOrigin string) (string, error) {
	paths := object{}
	methods, headers := map[string][]string{}, map[string][]string{}
	for i, r := range args.Routes {
		path, ok := paths[r.Path].(object)
		if !ok {
			path = object{}
			paths[r.Path] = path
		}
		operation := r.operation(integrations[i])
		if args.requireAPIKey() {
			operation["security"] = []object{{apiKeyScheme: []string{}}}
			headers[r.Path] = append(headers[r.Path], apiKeyHeader)
		}
		path[strings.ToLower(r.Method)] = operation
		methods[r.Path] = append(methods[r.Path], r.Method)
		for _, h := range r.Headers {
			headers[r.Path] = append(headers[r.Path], h.Name)
		}
	}
	for path, list := range methods {
		paths[path].(object)["options"] = preflight(list, headers[path], allowOrigin)
	}
	doc := object{
		"openapi": "3.0.1",
		"info":    object{"title": title, "version": "1.0"},
		"paths":   paths,
		"x-amazon-apigateway-request-validators": object{
			"all": object{"validateRequestBody": true, "validateRequestParameters": true},
		},
		"x-amazon-apigateway-request-validator": "all",
		"x-amazon-apigateway-gateway-responses": gatewayResponses(allowOrigin, bodyRules(args.Routes), args.ErrorBody),
	}
	if args.requireAPIKey() {
		doc["components"] = object{"securitySchemes": object{
			apiKeyScheme: object{"type": "apiKey", "name": strings.ToLower(apiKeyHeader), "in": "header"},
		}}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return "", fmt.Errorf("rendering the OpenAPI document: %w", err)
	}
	return string(text), nil
}

// lambdaProxy is the integration with a function that answers the whole request.
func lambdaProxy(invokeARN string) object {
	return object{
		"type":                "aws_proxy",
		"httpMethod":          "POST", // how Lambda is invoked, whatever the route's own method
		"uri":                 invokeARN,
		"passthroughBehavior": "when_no_match",
	}
}

// bodyRules joins the rules of all routes.
func bodyRules(routes []Route) string {
	var rules strings.Builder
	for _, r := range routes {
		if r.BodyRules != "" {
			rules.WriteString(" " + r.BodyRules)
		}
	}
	return rules.String()
}

func (r Route) operation(integration object) object {
	responses := object{}
	for _, s := range r.Responses {
		answer := object{"description": s.Description}
		if r.Execution != nil { // a function sends its headers undeclared
			answer["headers"] = object{"Access-Control-Allow-Origin": object{"schema": object{"type": "string"}}}
		}
		responses[fmt.Sprint(s.Status)] = answer
	}
	op := object{"summary": r.Summary, "responses": responses, "x-amazon-apigateway-integration": integration}
	var parameters []object
	for _, name := range pathParameter.FindAllString(r.Path, -1) {
		parameters = append(parameters, object{
			"name": strings.Trim(name, "{+}"), "in": "path", "required": true, "schema": object{"type": "string"},
		})
	}
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

// preflight answers a browser's CORS preflight without a function:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
func preflight(methods, extraHeaders []string, allowOrigin string) object {
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
	return object{
		"summary":   "CORS preflight",
		"responses": object{"200": object{"description": "What a browser may send", "headers": declared}},
		"x-amazon-apigateway-integration": object{
			"type":             "mock",
			"requestTemplates": object{"application/json": `{"statusCode": 200}`},
			"responses":        object{"default": object{"statusCode": "200", "responseParameters": mapped}},
		},
	}
}

// gatewayResponses gives API Gateway's own errors the layout of the functions' errors, and lets browsers read them: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func gatewayResponses(allowOrigin, bodyRules string, body ErrorBody) object {
	responses := object{}
	// A status of 0 is API Gateway's own. message is JSON: a text in quotes, or a variable that renders as one.
	respond := func(kind string, status int, message string) {
		template := `{"message":` + message + `}`
		if body == DescriptionBody {
			template = `{"description":` + message + `}`
			if status != 0 {
				template = fmt.Sprintf(`{"status":%d,"description":%s}`, status, message)
			}
		}
		r := object{
			"responseParameters": object{"gatewayresponse.header.Access-Control-Allow-Origin": "'" + allowOrigin + "'"},
			"responseTemplates":  object{"application/json": template},
		}
		if status != 0 {
			r["statusCode"] = fmt.Sprint(status)
		}
		responses[kind] = r
	}
	const message = "$context.error.messageString"
	respond("DEFAULT_4XX", 0, message)
	respond("DEFAULT_5XX", 0, message)
	wrong := "Invalid request body: $context.error.validationErrorString"
	if bodyRules != "" {
		wrong = "Invalid request body: it is not JSON, or breaks one of these rules." + bodyRules
	}
	respond("BAD_REQUEST_BODY", 400, `"`+wrong+`"`)
	// AWS says 403 Missing Authentication Token for a path or method that does not exist.
	respond("MISSING_AUTHENTICATION_TOKEN", 404, `"No route for $context.httpMethod $context.path"`)
	if body == DescriptionBody { // no template has the status, so it is written where it is known
		for kind, status := range map[string]int{
			"BAD_REQUEST_PARAMETERS": 400, "INVALID_API_KEY": 403, "REQUEST_TOO_LARGE": 413, "UNSUPPORTED_MEDIA_TYPE": 415,
			"THROTTLED": 429, "QUOTA_EXCEEDED": 429, "INTEGRATION_FAILURE": 504, "INTEGRATION_TIMEOUT": 504,
		} {
			respond(kind, status, message)
		}
	}
	return responses
}
