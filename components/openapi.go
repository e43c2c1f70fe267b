package components

import (
	"encoding/json"
	"fmt"
	"strings"
)

// This file writes the OpenAPI document that is the REST API: its routes, what they accept, where requests go, and how
// API Gateway words its own errors. The extensions are described at
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html

type object = map[string]any

// openAPI renders the document. integrations tell where the requests of each route go, in the order of the routes. The
// same input gives the same text, byte for byte.
func openAPI(title string, routes []Route, integrations []object, allowOrigin string) (string, error) {
	paths := object{}
	methods := map[string][]string{}
	for i, r := range routes {
		path, ok := paths[r.Path].(object)
		if !ok {
			path = object{}
			paths[r.Path] = path
		}
		path[strings.ToLower(r.Method)] = r.operation(integrations[i])
		methods[r.Path] = append(methods[r.Path], r.Method)
	}
	for path, list := range methods {
		paths[path].(object)["options"] = preflight(list, allowOrigin)
	}
	doc := object{
		"openapi": "3.0.1",
		"info":    object{"title": title, "version": "1.0"},
		"paths":   paths,
		"x-amazon-apigateway-request-validators": object{
			"all": object{"validateRequestBody": true, "validateRequestParameters": true},
		},
		"x-amazon-apigateway-request-validator": "all",
		"x-amazon-apigateway-gateway-responses": gatewayResponses(allowOrigin, bodyRules(routes)),
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

// bodyRules joins what the routes say of their bodies.
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
		if r.Execution != nil { // a function declares its headers by sending them
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
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.Body != nil {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": r.Body}}}
	}
	return op
}

// preflight answers a browser's CORS question without a function:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-cors.html
func preflight(methods []string, allowOrigin string) object {
	headers := map[string]string{
		"Access-Control-Allow-Origin":  allowOrigin,
		"Access-Control-Allow-Methods": strings.Join(append([]string{"OPTIONS"}, methods...), ","),
		"Access-Control-Allow-Headers": "Content-Type,X-Amzn-Trace-Id",
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

// gatewayResponses words the errors that API Gateway gives by itself like those of the functions, and lets browsers
// read them: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func gatewayResponses(allowOrigin, bodyRules string) object {
	response := func(status int, template string) object {
		r := object{
			"responseParameters": object{"gatewayresponse.header.Access-Control-Allow-Origin": "'" + allowOrigin + "'"},
			"responseTemplates":  object{"application/json": template},
		}
		if status != 0 {
			r["statusCode"] = fmt.Sprint(status)
		}
		return r
	}
	return object{
		"DEFAULT_4XX":      response(0, `{"message":$context.error.messageString}`),
		"DEFAULT_5XX":      response(0, `{"message":$context.error.messageString}`),
		"BAD_REQUEST_BODY": response(400, `{"message":"Invalid request body: $context.error.validationErrorString`+bodyRules+`"}`),
		// AWS says 403 Missing Authentication Token for a path or method that does not exist.
		"MISSING_AUTHENTICATION_TOKEN": response(404, `{"message":"No route for $context.httpMethod $context.path"}`),
	}
}
