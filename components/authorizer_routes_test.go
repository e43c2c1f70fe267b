package components_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

func TestTheARNsOfRoutesAreOutputs(t *testing.T) {
	for kind, auth := range authorizers {
		var arns map[string]string
		var name string
		c := &cloud{}
		require.NoError(t, c.run(func(ctx *pulumi.Context) error {
			p, err := components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: auth, Common: inFolder(t)})
			if err != nil {
				return err
			}
			pulumi.All(p.RouteArns, p.Auth).ApplyT(func(v []any) error {
				arns, name = v[0].(map[string]string), v[1].(string)
				return nil
			})
			return nil
		}))
		require.Equal(t, kind, name)
		require.Equal(t, map[string]string{
			"POST /order": "arn:restapi/checker-api/prod/POST/order", "POST /orders": "arn:restapi/checker-api/prod/POST/orders",
			"GET /order/{orderId}/status": "arn:restapi/checker-api/prod/GET/order/*/status",
			"POST /account":               "arn:restapi/checker-api/prod/POST/account", "POST /stock": "arn:restapi/checker-api/prod/POST/stock",
		}, arns)
	}
}

// mixed creates an API with a route of each kind.
func mixed(t *testing.T, edit func(*components.OrderApiArgs)) *cloud {
	t.Helper()
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		fn, err := lambda.NewFunction(ctx, "fn", &lambda.FunctionArgs{Role: pulumi.String("arn:role")})
		if err != nil {
			return err
		}
		route := func(method, path string, kind components.AuthorizerKind, scopes ...string) components.Route {
			return components.Route{
				Method: method, Path: path, Function: target(fn), Responses: []components.Response{{Status: 200}, {Status: 403, Description: "Ours"}},
				Authorizer: kind, Scopes: scopes,
			}
		}
		args := &components.OrderApiArgs{
			Authorizer: tokens, Common: inFolder(t),
			Routes: []components.Route{
				route("GET", "/menu/{shop}", components.AuthNone), route("POST", "/menu/{shop}", "", "menu:write", "shop"), route("DELETE", "/menu/{shop}", components.AuthIam),
			},
		}
		args.Common.Tags = team
		if edit != nil {
			edit(args)
		}
		_, err = components.NewOrderApi(ctx, "api", args)
		return err
	}))
	return c
}

func TestARouteMayHaveAnAuthorizerOfItsOwn(t *testing.T) {
	c := mixed(t, nil)
	doc := c.document(t, restAPIType, "api", "body")
	want := map[string]any{"get /menu/{shop}": nil, "post /menu/{shop}": []any{map[string]any{"jwt": []any{}}}, "delete /menu/{shop}": []any{map[string]any{"sigv4": []any{}}}}
	operations(t, doc, func(route string, operation map[string]any) {
		require.Equal(t, want[route], operation["security"], route)
		require.Equal(t, "Ours", at(t, operation, "responses", "403")["description"], "what a route declares is kept")
	})
	require.Equal(t, "The token needs the scope menu:write and shop", at(t, doc, "paths", "/menu/{shop}", "post")["description"])
	require.Equal(t, []string{"jwt", "sigv4"}, slices.Sorted(maps.Keys(at(t, doc, "components", "securitySchemes"))))
	// The authorizer gets the routes with tokens only.
	fn := c.inputs(t, functionType, "api-"+authorizeCaller)
	require.Equal(t, `[{"method":"POST","path":"/menu/*","scopes":["menu:write","shop"]}]`, at(t, fn, "environment", "variables")["ROUTES"])
	require.Equal(t, map[string]any{"team": "coffee"}, fn["tags"])
	require.Len(t, c.registered, len(mixed(t, nil).registered))
}

func TestAnAPIOfSignedRequestsMayHaveARouteWithTokens(t *testing.T) {
	c := mixed(t, func(a *components.OrderApiArgs) {
		a.Authorizer.Kind = components.AuthIam
		a.Routes[1].Authorizer, a.Routes[2].Authorizer = components.AuthJwt, ""
	})
	require.Contains(t, c.registered, functionType+" api-"+authorizeCaller)
	require.Equal(t, []any{map[string]any{"sigv4": []any{}}}, at(t, c.document(t, restAPIType, "api", "body"), "paths", "/menu/{shop}", "delete")["security"])
}

func TestBadAuthorizersOfRoutesAreRefused(t *testing.T) {
	fn := &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")}
	route := func(method, path string, scopes ...string) components.Route {
		return components.Route{Method: method, Path: path, Function: fn, Responses: []components.Response{{Status: 200}}, Scopes: scopes}
	}
	of := func(kind components.AuthorizerKind, r components.Route) components.Route {
		r.Authorizer = kind
		return r
	}
	many := make([]components.Route, 90)
	for i := range many {
		many[i] = route("GET", "/"+strings.Repeat("a", i+1))
	}
	cannotTell := "Routes[1].Scopes: must be the same as those of Routes[0]: a request may match both paths"
	for name, c := range map[string]struct {
		routes []components.Route
		want   []string
	}{
		"another kind":                {[]components.Route{of("cognito", route("GET", "/a"))}, []string{`Routes[0].Authorizer: must be one of ["none" "iam" "jwt"], got "cognito"`}},
		"scopes of nobody":            {[]components.Route{of("none", route("GET", "/a", "x")), of("iam", route("GET", "/b", "x"))}, []string{"Routes[0].Scopes: are accepted only with jwt", "Routes[1].Scopes: are accepted only with jwt"}},
		"a scope with a space":        {[]components.Route{route("GET", "/a", "ok", "a b")}, []string{`Routes[0].Scopes[1]: must be printable ASCII characters without spaces, quotes and backslashes, got "a b"`}},
		"an empty scope":              {[]components.Route{route("GET", "/a", "")}, []string{"Routes[0].Scopes[0]: must be"}},
		"a route within":              {[]components.Route{route("GET", "/order/{id}"), route("GET", "/order/{id}/notes", "staff")}, []string{cannotTell}},
		"a route like another":        {[]components.Route{route("GET", "/order/{id}", "staff"), route("GET", "/order/mine")}, []string{cannotTell}},
		"a route that crosses":        {[]components.Route{route("GET", "/order/{id}"), route("GET", "/{kind}/mine", "staff")}, []string{cannotTell}},
		"a proxy":                     {[]components.Route{route("GET", "/{all+}"), route("GET", "/order", "staff")}, []string{cannotTell}},
		"too many for their function": {many, []string{"Routes: must have less than 3072 bytes as JSON, so that they fit into the environment of authorize-caller, got "}},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, components.NewOrderApi, "OrderApi", "api", &components.OrderApiArgs{Common: inFolder(t), Authorizer: tokens, Routes: c.routes}, c.want)
		})
	}
	// These do not overlap, or have the same scopes.
	for _, routes := range [][]components.Route{
		{route("GET", "/order/{id}"), route("POST", "/order/{id}/notes", "staff")},
		{route("GET", "/order/{id}", "a", "b"), route("GET", "/order/{id}/notes", "b", "a")},
		{route("POST", "/order"), route("POST", "/orders", "staff")},
		{of("iam", route("GET", "/order/{id}")), route("GET", "/order/{id}/notes", "staff")},
	} {
		deploy(t, components.NewOrderApi, "api", &components.OrderApiArgs{Common: inFolder(t), Authorizer: tokens, Routes: routes}, nil)
	}
}
