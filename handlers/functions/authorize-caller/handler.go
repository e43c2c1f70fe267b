package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/oidc"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// anyScope is the scope of a caller who may place and read orders of all accounts.
const anyScope = "orders:any"

// errUnauthorized is the error that API Gateway answers with 401. It must have exactly this text:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
var errUnauthorized = errors.New("Unauthorized")

type (
	request  = events.APIGatewayCustomAuthorizerRequest
	response = events.APIGatewayCustomAuthorizerResponse
)

type handler struct {
	tokens       *oidc.Verifier
	accountClaim string
	routes       []route
}

func (h *handler) handle(ctx context.Context, r request) (response, error) {
	api, err := stageOf(r.MethodArn)
	if err != nil {
		return response{}, err
	}
	ctx, span := trace.Start(ctx, "verify token")
	defer span.End()
	ctx, cancel := deadline.Ahead(ctx)
	defer cancel()
	claims, account, err := h.verify(ctx, r.AuthorizationToken)
	if err != nil {
		level, key := slog.LevelInfo, "reason" // an invalid token is not an error of this function
		if errors.Is(err, oidc.ErrNoKeys) {
			level, key = slog.LevelError, "error"
		}
		span.Fail(err, level == slog.LevelInfo)
		slog.Log(trace.Annotate(ctx, "outcome", "refused"), level, "token refused", key, err)
		return response{}, errUnauthorized
	}
	trace.Annotate(ctx, "accountId", account, "outcome", "allowed")
	answer := response{PrincipalID: claims.Subject, PolicyDocument: policy(api, h.routes, claims), Context: map[string]any{}}
	if account != "" {
		answer.Context["account"] = account
	}
	if claims.HasScopes(anyScope) {
		answer.Context["any"] = "true"
	}
	return answer, nil
}

// verify verifies the value of the header Authorization. account is "" if the token is for all accounts and has no valid account of its
// own.
func (h *handler) verify(ctx context.Context, authorization string) (claims oidc.Claims, account string, err error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return claims, "", errors.New("it is no bearer token")
	}
	if claims, err = h.tokens.Verify(ctx, strings.TrimSpace(token)); err != nil {
		return claims, "", err
	}
	account = claims.String(h.accountClaim)
	if coffee.CheckID(account) == "" {
		return claims, account, nil
	}
	if !claims.HasScopes(anyScope) {
		return claims, "", errors.New("the claim " + h.accountClaim + " names no valid account")
	}
	return claims, "", nil
}
