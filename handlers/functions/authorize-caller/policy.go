package main

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/oidc"
)

// route is a route of the API, and the scopes that a token needs for it, all of them.
type route struct {
	Method string   `json:"method"`
	Path   string   `json:"path"` // with * for parameters, as in an ARN: /order/*/status
	Scopes []string `json:"scopes"`
}

var methodARN = regexp.MustCompile(`^(arn:[a-z-]+:execute-api:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9]+/[^/]+)/`)

// stageOf returns the ARN of the API's stage from the ARN of a method: arn:aws:execute-api:REGION:ACCOUNT:API/STAGE.
func stageOf(method string) (string, error) {
	m := methodARN.FindStringSubmatch(method)
	if m == nil {
		return "", fmt.Errorf("methodArn %q is not the ARN of a method", method)
	}
	return m[1], nil
}

// policy allows the routes of the stage whose scopes the token has. If there are none, it denies all.
//
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
func policy(stage string, routes []route, claims oidc.Claims) events.APIGatewayCustomAuthorizerPolicy {
	statement := events.IAMPolicyStatement{Action: []string{"execute-api:Invoke"}, Effect: "Allow"}
	for _, r := range routes {
		if claims.HasScopes(r.Scopes...) {
			statement.Resource = append(statement.Resource, stage+"/"+r.Method+r.Path)
		}
	}
	if statement.Resource == nil {
		statement.Effect, statement.Resource = "Deny", []string{stage + "/*"}
	}
	return events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{statement}}
}
