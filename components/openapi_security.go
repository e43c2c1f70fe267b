package components

import (
	"slices"
	"strings"
)

// This file renders the part of the OpenAPI document that says who may call.

// The security schemes: https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-authtype.html
const (
	apiKeyScheme = "api_key" // API Gateway uses this name too
	apiKeyHeader = "X-Api-Key"
	jwtScheme    = "jwt"
	iamScheme    = "sigv4"
)

// bearer matches an Authorization header that may hold a token. API Gateway answers 401 to others, without invoking the authorizer. The
// characters are defined by https://www.rfc-editor.org/rfc/rfc6750#section-2.1
const bearer = "^[Bb]earer +[A-Za-z0-9._~+/=-]+$"

// securitySchemes returns the schemes that the routes use.
func (args *OrderApiArgs) securitySchemes(d documentArgs) object {
	schemes := object{}
	if args.requireAPIKey() {
		schemes[apiKeyScheme] = object{"type": "apiKey", "name": strings.ToLower(apiKeyHeader), "in": "header"}
	}
	if args.has(AuthIam) {
		schemes[iamScheme] = object{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4",
		}
	}
	if args.has(AuthJwt) {
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authorizer.html
		schemes[jwtScheme] = object{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
			"x-amazon-apigateway-authorizer": object{
				"type": "token", "authorizerUri": d.authorizerURI, "authorizerResultTtlInSeconds": d.cacheSeconds,
				"identityValidationExpression": bearer,
			},
		}
	}
	return schemes
}

// security returns the requirements of a route, and the headers that they need. A request must meet all of them.
//
// In OpenAPI, the elements of this list are alternatives. API Gateway has no alternatives: a method has an authorizer or not, and needs an
// API key or not. AWS does not document a method with both. Each requirement is an element of its own, as in the documents of AWS SAM:
// https://github.com/aws/serverless-application-model/blob/develop/samtranslator/swagger/swagger.py
func (args *OrderApiArgs) security(r Route) (requirements []object, headers []string) {
	if args.requireAPIKey() {
		requirements, headers = append(requirements, object{apiKeyScheme: []string{}}), append(headers, apiKeyHeader)
	}
	switch args.kind(r) {
	case AuthJwt:
		requirements, headers = append(requirements, object{jwtScheme: []string{}}), append(headers, "Authorization")
	case AuthIam:
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
		requirements = append(requirements, object{iamScheme: []string{}})
		headers = append(headers, "Authorization", "X-Amz-Content-Sha256", "X-Amz-Date", "X-Amz-Security-Token")
	}
	return requirements, headers
}

// allResponses returns the statuses that the route and its authorizer answer.
func (r Route) allResponses(kind AuthorizerKind) []Response {
	all := slices.Clone(r.Responses)
	add := func(status int, description string) {
		if !slices.ContainsFunc(all, func(response Response) bool { return response.Status == status }) {
			all = append(all, Response{status, description})
		}
	}
	switch kind {
	case AuthJwt:
		add(401, "The request has no valid token")
		add(403, "The token does not allow the request")
	case AuthIam:
		add(401, "The request is not signed")
		add(403, "The signature is not valid, or the caller's IAM policies do not allow the request")
	}
	return all
}

// authorizerResponses returns API Gateway's answers to callers that are not authorized. The texts are fixed: AWS's own texts contain ARNs,
// and reveal which resources exist. https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func (args *OrderApiArgs) authorizerResponses(respond func(kind string, status int, message string, authenticate ...string)) {
	if args.has(AuthJwt) {
		respond("UNAUTHORIZED", 401, `"a valid token is required"`, "Bearer")
		for _, kind := range []string{"AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR"} {
			respond(kind, 500, `"the caller could not be authorized; try again"`)
		}
	}
	if args.has(AuthIam) {
		// API Gateway uses this kind for an unsigned request, and for a path or method that does not exist.
		respond("MISSING_AUTHENTICATION_TOKEN", 401, `"a signed request to a route of the API is required"`, "AWS4-HMAC-SHA256")
	}
	if args.has(AuthJwt) || args.has(AuthIam) || args.Settings.AllowedCidrs != nil {
		respond("ACCESS_DENIED", 403, `"not allowed"`)
	}
}
