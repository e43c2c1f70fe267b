// Package caller checks that a request may access the data of an account. With AUTH=jwt, the API's authorizer puts two values into
// requestContext.authorizer. account is the account whose data the caller may read and write. any is "true" for a caller who may access the
// data of all accounts. A request with neither is refused.
//
// With AUTH=iam, IAM decides who may call a route. With AUTH=none, everybody may. Then there is no account to compare.
//
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
package caller

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
)

// Check checks the requests to a function behind an API. The zero value allows every request.
type Check struct {
	ByToken bool // the API's authorizer verified a token: AUTH=jwt
}

// FromEnvironment reads the variable AUTH: jwt, iam, none, or unset. With any other value, Start fails.
func FromEnvironment(env *lambdaenv.Env) Check {
	return Check{ByToken: env.OneOf("AUTH", "jwt", "iam", "none") == "jwt"}
}

// May reports whether the request may access this account.
func (c Check) May(r httpapi.Request, account string) bool {
	return !c.ByToken || mayAll(r) || account != "" && text(r, "account") == account
}

// Allow returns nil if the request may access this account. Otherwise it returns the answer 403.
func (c Check) Allow(ctx context.Context, r httpapi.Request, account string) *httpapi.Error {
	if c.May(r, account) {
		return nil
	}
	return notAllowed(ctx)
}

// Identified returns nil if the request may access some account. Otherwise it returns the answer 403. Use it with May in a function that
// must not reveal whether an item of another account exists: if May is false, answer as if there were no item.
func (c Check) Identified(ctx context.Context, r httpapi.Request) *httpapi.Error {
	return c.Allow(ctx, r, text(r, "account"))
}

// Name returns an identifier of the caller: the account, or else the principal of a caller who may access all accounts. It is "" without a
// token.
func (c Check) Name(r httpapi.Request) string {
	if !c.ByToken {
		return ""
	}
	if account := text(r, "account"); account != "" {
		return "account " + account
	}
	return "principal " + text(r, "principalId")
}

func notAllowed(ctx context.Context) *httpapi.Error {
	slog.InfoContext(trace.Annotate(ctx, "outcome", "refused"), "request refused: it is not about the caller's account")
	return httpapi.Errorf(http.StatusForbidden, "not allowed for this account")
}

func mayAll(r httpapi.Request) bool { return text(r, "any") == "true" }

// text returns a value of the authorizer's context, or "" if it is missing or not a string.
func text(r httpapi.Request, name string) string {
	s, _ := r.RequestContext.Authorizer[name].(string)
	return s
}
