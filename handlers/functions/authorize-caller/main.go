// Command authorize-caller is the Lambda authorizer of an API whose callers have tokens of an OpenID Connect issuer. It verifies the token.
// It returns an IAM policy that allows the routes whose scopes the token has, and the account whose orders the caller may place and read.
// If the token is not valid, it returns the error Unauthorized, which API Gateway answers with 401. The reason is in the log.
//
// Event: that of a TOKEN authorizer. Answer: principalId, policyDocument, and as context: account, the token's claim ACCOUNT_CLAIM; any,
// "true" if the token has the scope orders:any. A token without a valid account is refused unless it has that scope.
//
// API Gateway may cache an answer, and use it for any route. So the policy covers all routes, whatever route the request is for. Functions
// behind the API compare the account: see package caller.
//
// Environment: ISSUER, AUDIENCE; ROUTES, a list of {"method", "path", "scopes"} with * for a path parameter; optional ACCOUNT_CLAIM, by
// default sub. IAM: nothing.
//
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html. Package oidc describes how tokens
// are verified, and by which library.
package main

import (
	"cmp"
	"os"
	"time"

	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/oidc"
)

func main() {
	env := lambdaenv.SetupWithoutAWS()
	h := &handler{
		tokens:       oidc.NewVerifier(env.Required("ISSUER"), env.Required("AUDIENCE"), oidc.Client(), time.Now),
		accountClaim: cmp.Or(os.Getenv("ACCOUNT_CLAIM"), "sub"),
	}
	env.JSON("ROUTES", &h.routes)
	env.Start(h.handle)
}
