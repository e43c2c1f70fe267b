// The function of TestAFunctionJudgesTokensIfTheAPIMayInvokeIt: it judges tokens, and answers the requests of an API.
package main

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	events.APIGatewayCustomAuthorizerRequest
	RequestContext events.APIGatewayProxyRequestContext `json:"requestContext"`
}

func handle(_ context.Context, e event) (any, error) {
	switch {
	case e.Type == "":
		return events.APIGatewayProxyResponse{StatusCode: 200, Body: e.RequestContext.Authorizer["account"].(string)}, nil
	case e.AuthorizationToken != "Bearer good":
		return nil, errors.New("Unauthorized")
	}
	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: "a0", Context: map[string]any{"account": "a0"},
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{Version: "2012-10-17", Statement: []events.IAMPolicyStatement{
			{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{e.MethodArn}},
		}},
	}, nil
}

// TestMain makes the test binary of this package the function.
func TestMain(*testing.M) { lambda.Start(handle) }
