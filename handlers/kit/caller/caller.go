// Package caller checks whose data a request is about. With AUTH=jwt, the API's authorizer says who the caller is, in
// requestContext.authorizer: account, whose data the caller may write and read, and any, which is "true" for
// somebody who may place and read everybody's. Without these, a request is refused.
//
// With AUTH=iam, IAM decides who may call a route, and with AUTH=none everybody may. Then there is no account to compare.
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

// Check is the check of a function behind an API. The zero value allows every request.
type Check struct {
	ByToken bool // the API's authorizer verified a token: AUTH=jwt
}

// FromEnvironment reads the variable AUTH: jwt, iam, none, or unset. The function does not start with any other.
func FromEnvironment(env *lambdaenv.Env) Check {
	return Check{ByToken: env.OneOf("AUTH", "jwt", "iam", "none") == "jwt"}
}

// May reports whether the request may be about this account.
func (c Check) May(r httpapi.Request, account string) bool {
	return !c.ByToken || mayAll(r) || account != "" && text(r, "account") == account
}

// Allow returns nil if the request may be about this account, or else the answer 403.
func (c Check) Allow(ctx context.Context, r httpapi.Request, account string) *httpapi.Error {
	if c.May(r, account) {
		return nil
	}
	return notAllowed(ctx)
}

// Identified returns nil if the request may be about some account, or else the answer 403. After it, a function that must not
// show whose an item is answers, if not May, as if there were none.
func (c Check) Identified(ctx context.Context, r httpapi.Request) *httpapi.Error {
	return c.Allow(ctx, r, text(r, "account"))
}

// Name returns what tells callers apart: the account, or else the principal, of somebody who may do everything. It is "" if
// there is no token.
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

// text returns a value of the authorizer's context, or "" if there is no such string.
func text(r httpapi.Request, name string) string {
	s, _ := r.RequestContext.Authorizer[name].(string)
	return s
}
