package components_test

import (
	"debug/elf"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const permissionType = "aws:lambda/permission:Permission"

// operations calls test with each operation of a document but preflights, as "post /order".
func operations(t *testing.T, doc map[string]any, test func(route string, operation map[string]any)) {
	t.Helper()
	for path, item := range at(t, doc, "paths") {
		for method, operation := range item.(map[string]any) {
			if method != "options" {
				test(method+" "+path, operation.(map[string]any))
			}
		}
	}
}

func TestAComponentWithoutAnAuthorizerIsRefusedAndSaysWhichThereAre(t *testing.T) {
	three := []string{
		"Authorizer.Kind: is required: choose none, with which everybody may call; iam, with which requests are signed with AWS credentials; " +
			"or jwt, with which they have a token of an OpenID Connect issuer, and which needs Issuer and Audience",
	}
	refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{Common: inFolder(t)}, three)
	refuses(t, components.NewOrchestrator, "Orchestrator", "orchestrator", &components.OrchestratorArgs{Common: inFolder(t)}, three)
	refuses(t, components.NewEventStream, "EventStream", "eventstream", &components.EventStreamArgs{Common: inFolder(t)}, three)
	refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{Common: inFolder(t)}, three)
	refuses(t, components.NewOrderApi, "OrderApi", "api", &components.OrderApiArgs{}, three)
}

func TestABadAuthorizerIsRefused(t *testing.T) {
	jwt := func(edit func(*components.Authorizer)) components.Authorizer {
		a := tokens
		edit(&a)
		return a
	}
	issuer := func(s string) components.Authorizer {
		return jwt(func(a *components.Authorizer) { a.Issuer = pulumi.String(s) })
	}
	const badIssuer = "Authorizer.Issuer: must be a URL such as https://login.example.com, or http:// at a loopback address, without a query, got "
	for name, c := range map[string]struct {
		auth components.Authorizer
		want []string
	}{
		"another kind":           {components.Authorizer{Kind: "JWT"}, []string{`Authorizer.Kind: there is no "JWT": choose none,`}},
		"tokens of nobody":       {components.Authorizer{Kind: components.AuthJwt}, []string{"Authorizer.Issuer: is required with jwt", "Authorizer.Audience: is required with jwt"}},
		"an empty issuer":        {issuer(""), []string{badIssuer + `""`}},
		"an issuer over http":    {issuer("http://login.example.com"), []string{badIssuer}},
		"a name like a loopback": {issuer("http://localhost.example.com"), []string{badIssuer}},
		"a private address":      {issuer("http://10.0.0.1"), []string{badIssuer}},
		"no URL":                 {issuer("login.example.com"), []string{badIssuer}},
		"a query":                {issuer("https://login.example.com?a=b"), []string{badIssuer}},
		"a fragment":             {issuer("https://login.example.com#a"), []string{badIssuer}},
		"a password":             {issuer("https://a:b@login.example.com"), []string{badIssuer}},
		"an audience of spaces":  {jwt(func(a *components.Authorizer) { a.Audience = pulumi.String(" ") }), []string{"Authorizer.Audience: must be 1 to 256 printable ASCII characters"}},
		"an empty audience":      {jwt(func(a *components.Authorizer) { a.Audience = pulumi.String("") }), []string{"Authorizer.Audience: must be 1 to 256"}},
		"an empty claim":         {jwt(func(a *components.Authorizer) { a.AccountClaim = pulumi.String("") }), []string{"Authorizer.AccountClaim: must be 1 to 256"}},
		"a cache for a day":      {jwt(func(a *components.Authorizer) { a.CacheSeconds = pulumi.Int(3601) }), []string{"Authorizer.CacheSeconds: must be from 0 to 3600, got 3601"}},
		"an issuer of no tokens": {components.Authorizer{
			Kind: components.AuthIam, Issuer: pulumi.String("https://x"), Audience: pulumi.String("a"), AccountClaim: pulumi.String("sub"), CacheSeconds: pulumi.Int(1),
		}, []string{
			"Authorizer.Issuer: is of use only with jwt", "Authorizer.Audience: is of use only with jwt",
			"Authorizer.AccountClaim: is of use only with jwt", "Authorizer.CacheSeconds: is of use only with jwt",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{Common: inFolder(t), Authorizer: c.auth}, c.want)
			refuses(t, components.NewOrderApi, "OrderApi", "api", &components.OrderApiArgs{Common: inFolder(t), Authorizer: c.auth}, c.want)
		})
	}
}

func TestIssuersThatAreAccepted(t *testing.T) {
	for _, issuer := range []string{
		"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_abc", "https://shop.eu.auth0.com/", "https://sso.example.com:8443/realms/shop",
		"http://127.0.0.1:4566/oidc", "http://[::1]:80", "http://localhost:8080/realms/shop",
	} {
		c := fanOut(t, func(a *components.FanOutArgs) {
			a.Authorizer = components.JwtAuthorizer(pulumi.String(issuer), pulumi.String("orders"))
		})
		has(t, at(t, c.inputs(t, functionType, "fanout-api-"+authorizeCaller), "environment", "variables"), map[string]any{"ISSUER": issuer})
	}
}

func TestAMissingPackageOfTheAuthorizerIsReported(t *testing.T) {
	for name, auth := range authorizers {
		folder := inFolder(t)
		require.NoError(t, os.Remove(filepath.Join(folder.Packages, authorizeCaller+".zip")))
		if name == "jwt" {
			missing := []string{"Common.Packages: no package at /", "/authorize-caller.zip: run `make build`"}
			refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{Common: folder, Authorizer: auth}, missing)
			refuses(t, components.NewOrderApi, "OrderApi", "api", &components.OrderApiArgs{Common: folder, Authorizer: auth, Routes: []components.Route{{
				Method: "GET", Path: "/a", Responses: []components.Response{{Status: 200}},
				Function: &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")},
			}}}, missing)
			continue
		}
		deploy(t, components.NewCheckerPipeline, "checker", &components.CheckerPipelineArgs{Common: folder, Authorizer: auth}, nil)
	}
}

func TestEachAPIWithTokensHasOneAuthorizer(t *testing.T) {
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		name := pattern + "-api-" + authorizeCaller
		has(t, c.inputs(t, functionType, name), map[string]any{
			"memorySize": 512.0, "timeout": 10.0, "runtime": "provided.al2023", "architectures": []any{"arm64"}, "tracingConfig": map[string]any{"mode": "Active"},
		})
		variables := at(t, c.inputs(t, functionType, name), "environment", "variables")
		require.Equal(t, []string{"ACCOUNT_CLAIM", "AUDIENCE", "ISSUER", "ROUTES"}, slices.Sorted(maps.Keys(variables)))
		has(t, variables, map[string]any{"ISSUER": "https://login.example.com/", "AUDIENCE": "orders", "ACCOUNT_CLAIM": "sub"})

		// It may do nothing but write its logs and traces.
		got, service := grants(t, c, name)
		require.Empty(t, cmp.Diff(map[string]any{
			"WriteLogs":   allow("arn:loggroup/"+name+"-logs:*", "logs:CreateLogStream", "logs:PutLogEvents"),
			"WriteTraces": allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords"),
		}, got))
		require.Equal(t, "lambda.amazonaws.com", service)

		permission := pattern + "-api-invoke-" + authorizeCaller
		require.Equal(t, map[string]any{
			"action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com", "function": "name:function/" + name,
			"sourceArn": "arn:restapi/" + pattern + "-api/authorizers/*",
		}, c.inputs(t, permissionType, permission))
		require.Contains(t, c.dependencies(t, stageType, pattern+"-api"), "permission/"+permission)
	})
	for _, auth := range []components.Authorizer{open, signed} {
		each(t, common{auth: auth}, func(t *testing.T, pattern string, c *cloud) {
			require.NotContains(t, c.registered, functionType+" "+pattern+"-api-"+authorizeCaller)
		})
	}
}

func TestTheAuthorizerIsOneOfTheFunctionsOfAPattern(t *testing.T) {
	var functions map[string]components.FunctionInfo
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		f, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Authorizer: tokens, Common: inFolder(t)})
		if err != nil {
			return err
		}
		f.Functions.ApplyT(func(m map[string]components.FunctionInfo) error {
			functions = m
			return nil
		})
		return nil
	}))
	require.Equal(t, components.FunctionInfo{
		Name: "name:function/fanout-api-authorize-caller", LogGroup: "name:loggroup/fanout-api-authorize-caller-logs", RoleName: "name:role/fanout-api-authorize-caller-role",
	}, functions[authorizeCaller])
}

func TestTheAuthorizerKnowsTheScopesOfEachRoute(t *testing.T) {
	routes := map[string]string{
		"checker": `[{"method":"POST","path":"/order","scopes":[]},{"method":"POST","path":"/orders","scopes":[]},` +
			`{"method":"GET","path":"/order/*/status","scopes":[]},` +
			`{"method":"POST","path":"/account","scopes":["balances:write"]},{"method":"POST","path":"/stock","scopes":["balances:write"]}]`,
	}
	for _, pattern := range []string{"fanout", "orchestrator", "eventstream"} {
		routes[pattern] = `[{"method":"POST","path":"/order","scopes":[]},{"method":"GET","path":"/order","scopes":[]},{"method":"GET","path":"/invoice","scopes":[]}]`
	}
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		require.Equal(t, routes[pattern], at(t, c.inputs(t, functionType, pattern+"-api-"+authorizeCaller), "environment", "variables")["ROUTES"])
	})
}

func TestTheDocumentRequiresTheAuthorizerOfEveryRouteButPreflights(t *testing.T) {
	schemes := map[string]map[string]any{
		"none": nil,
		"iam":  {"sigv4": map[string]any{"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}},
		"jwt": {"jwt": map[string]any{
			"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom",
			"x-amazon-apigateway-authorizer": map[string]any{
				"type": "token", "authorizerUri": "invoke:function/NAME-api-authorize-caller", "authorizerResultTtlInSeconds": 60.0,
				"identityValidationExpression": "^[Bb]earer +[A-Za-z0-9._~+/=-]+$",
			},
		}},
	}
	requirement := map[string]any{"none": nil, "iam": []any{map[string]any{"sigv4": []any{}}}, "jwt": []any{map[string]any{"jwt": []any{}}}}
	for kind, auth := range authorizers {
		each(t, common{auth: auth}, func(t *testing.T, pattern string, c *cloud) {
			doc := parse(t, strings.ReplaceAll(c.inputs(t, restAPIType, pattern+"-api")["body"].(string), pattern+"-api-authorize-caller", "NAME-api-authorize-caller"))
			if schemes[kind] == nil {
				require.NotContains(t, doc, "components")
			} else {
				require.Empty(t, cmp.Diff(schemes[kind], at(t, doc, "components", "securitySchemes")))
			}
			require.NotContains(t, doc, "security")
			operations(t, doc, func(route string, operation map[string]any) {
				require.Equal(t, requirement[kind], operation["security"], route)
				responses := at(t, operation, "responses")
				for _, status := range []string{"401", "403"} {
					require.Equal(t, kind != "none", responses[status] != nil, "%s: %s", route, status)
				}
			})
			for path := range at(t, doc, "paths") {
				preflight := at(t, doc, "paths", path, "options")
				require.NotContains(t, preflight, "security", "a browser sends no credentials with it")
				headers := at(t, preflight, integration, "responses", "default", "responseParameters")["method.response.header.Access-Control-Allow-Headers"]
				require.Equal(t, kind != "none", strings.Contains(headers.(string), "Authorization"), path)
				require.Equal(t, kind == "iam", strings.Contains(headers.(string), "X-Amz-Date"), path)
			}
		})
	}
}

// API Gateway has no alternatives. Two elements are what documents of AWS SAM have for both.
func TestAnAPIKeyIsRequiredBesidesTheAuthorizer(t *testing.T) {
	key := map[string]any{"api_key": []any{}}
	for kind, want := range map[string][]any{"none": {key}, "iam": {key, map[string]any{"sigv4": []any{}}}, "jwt": {key, map[string]any{"jwt": []any{}}}} {
		c := checkerPipeline(t, func(a *components.CheckerPipelineArgs) {
			a.UsagePlan.RequireApiKey, a.Authorizer = true, authorizers[kind]
		})
		operations(t, c.document(t, restAPIType, "checker-api", "body"), func(route string, operation map[string]any) {
			require.Equal(t, want, operation["security"], route)
		})
	}
}

func TestTheDocumentSaysWhichScopesARouteNeeds(t *testing.T) {
	doc := checkerPipeline(t, func(a *components.CheckerPipelineArgs) { a.Authorizer = tokens }).document(t, restAPIType, "checker-api", "body")
	operations(t, doc, func(route string, operation map[string]any) {
		if route == "post /account" || route == "post /stock" {
			require.Equal(t, "The token needs the scope balances:write", operation["description"])
		} else {
			require.NotContains(t, operation, "description", route)
		}
	})
}

func TestAnswersToWhoMayNotCallAreFixedTextsInTheLayoutOfTheAPI(t *testing.T) {
	const cors = "gatewayresponse.header.Access-Control-Allow-Origin"
	response := func(status, text, authenticate string) map[string]any {
		parameters := map[string]any{cors: "'*'"}
		if authenticate != "" {
			parameters["gatewayresponse.header.WWW-Authenticate"] = "'" + authenticate + "'"
		}
		return map[string]any{"statusCode": status, "responseParameters": parameters, "responseTemplates": map[string]any{"application/json": text}}
	}
	for pattern, layout := range map[string]func(status, text string) string{
		"fanout":  func(_, text string) string { return `{"message":"` + text + `"}` },
		"checker": func(status, text string) string { return `{"status":` + status + `,"description":"` + text + `"}` },
	} {
		unknown := response("404", layout("404", "No route for $context.httpMethod $context.path"), "")
		denied := response("403", layout("403", "not allowed"), "")
		failed := response("500", layout("500", "the caller could not be authorized; try again"), "")
		for kind, want := range map[string]map[string]any{
			"none": {"MISSING_AUTHENTICATION_TOKEN": unknown},
			"iam": {
				// An unsigned request and an unknown path cannot be told apart.
				"MISSING_AUTHENTICATION_TOKEN": response("401", layout("401", "a signed request to a route of the API is required"), "AWS4-HMAC-SHA256"),
				"ACCESS_DENIED":                denied,
			},
			"jwt": {
				"MISSING_AUTHENTICATION_TOKEN": unknown,
				"UNAUTHORIZED":                 response("401", layout("401", "a valid token is required"), "Bearer"),
				"ACCESS_DENIED":                denied, "AUTHORIZER_FAILURE": failed, "AUTHORIZER_CONFIGURATION_ERROR": failed,
			},
		} {
			c := map[string]func() *cloud{
				"fanout": func() *cloud { return fanOut(t, func(a *components.FanOutArgs) { a.Authorizer = authorizers[kind] }) },
				"checker": func() *cloud {
					return checkerPipeline(t, func(a *components.CheckerPipelineArgs) { a.Authorizer = authorizers[kind] })
				},
			}[pattern]()
			responses := at(t, c.document(t, restAPIType, pattern+"-api", "body"), "x-amazon-apigateway-gateway-responses")
			for name, response := range want {
				require.Empty(t, cmp.Diff(response, responses[name]), "%s, %s, %s", pattern, kind, name)
			}
		}
	}
}

func TestFunctionsBehindAnAPIWithTokensCheckWhoseOrderItIs(t *testing.T) {
	behind := []string{
		"publish-order", "append-order", "get-order", "get-invoice", "capture-order", "get-order-status", "update-account", "update-stock",
		"store-order-task", // of the Orchestrator, where no function sees the request
	}
	for kind, auth := range authorizers {
		each(t, common{auth: auth}, func(t *testing.T, pattern string, c *cloud) {
			for _, function := range functions[pattern] {
				auth, set := at(t, c.inputs(t, functionType, pattern+"-"+function), "environment", "variables")["AUTH"]
				require.Equal(t, kind == "jwt" && slices.Contains(behind, function), set, "%s, %s", kind, function)
				if set {
					require.Equal(t, "jwt", auth)
				}
			}
		})
	}
}

func TestTheARNsOfRoutesAreOutputs(t *testing.T) {
	for kind, auth := range authorizers {
		var arns map[string]string
		var name string
		c := &cloud{}
		require.NoError(t, c.run(func(ctx *pulumi.Context) error {
			p, err := components.NewCheckerPipeline(ctx, "checker", &components.CheckerPipelineArgs{Authorizer: auth, Common: inFolder(t)})
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

// mixed is an API with a route of each kind.
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
	// Only the routes with tokens are the authorizer's.
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
	cannotTell := "Routes[1].Scopes: must be those of Routes[0]: a path may match both"
	for name, c := range map[string]struct {
		routes []components.Route
		want   []string
	}{
		"another kind":                {[]components.Route{of("cognito", route("GET", "/a"))}, []string{`Routes[0].Authorizer: must be one of ["none" "iam" "jwt"], got "cognito"`}},
		"scopes of nobody":            {[]components.Route{of("none", route("GET", "/a", "x")), of("iam", route("GET", "/b", "x"))}, []string{"Routes[0].Scopes: are of use only with jwt", "Routes[1].Scopes: are of use only with jwt"}},
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
	// These can be told apart, or need not be.
	for _, routes := range [][]components.Route{
		{route("GET", "/order/{id}"), route("POST", "/order/{id}/notes", "staff")},
		{route("GET", "/order/{id}", "a", "b"), route("GET", "/order/{id}/notes", "b", "a")},
		{route("POST", "/order"), route("POST", "/orders", "staff")},
		{of("iam", route("GET", "/order/{id}")), route("GET", "/order/{id}/notes", "staff")},
	} {
		deploy(t, components.NewOrderApi, "api", &components.OrderApiArgs{Common: inFolder(t), Authorizer: tokens, Routes: routes}, nil)
	}
}

func TestWhatTheAuthorizerNeedsMayComeFromAnotherResource(t *testing.T) {
	deployed := func(n int, text string) (*cloud, error) {
		c := &cloud{}
		return c, c.run(fromElsewhere(n, text, func(ctx *pulumi.Context, n pulumi.IntOutput, text pulumi.StringOutput) error {
			auth := components.JwtAuthorizer(text, text)
			auth.AccountClaim, auth.CacheSeconds = text, n
			_, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
				Authorizer: auth, Common: components.Common{Packages: packages(t, elf.EM_AARCH64), CodeFromS3: true},
			})
			return err
		}))
	}
	c, err := deployed(0, "https://login.example.com")
	require.NoError(t, err)
	has(t, at(t, c.inputs(t, functionType, "fanout-api-"+authorizeCaller), "environment", "variables"), map[string]any{
		"ISSUER": "https://login.example.com", "AUDIENCE": "https://login.example.com", "ACCOUNT_CLAIM": "https://login.example.com"})
	scheme := at(t, c.document(t, restAPIType, "fanout-api", "body"), "components", "securitySchemes", "jwt", "x-amazon-apigateway-authorizer")
	require.EqualValues(t, 0, scheme["authorizerResultTtlInSeconds"])
	// The zip is in the bucket of the pattern.
	has(t, c.inputs(t, functionType, "fanout-api-"+authorizeCaller), map[string]any{"s3Bucket": "name:bucketv2/fanout-code"})
	require.NotContains(t, c.registered, bucketType+" fanout-api-code")

	_, err = deployed(0, "http://login.example.com")
	require.ErrorContains(t, err, `order-patterns:components:FanOut "fanout": Authorizer.Issuer: must be a URL`)
	_, err = deployed(4000, "https://login.example.com")
	require.ErrorContains(t, err, `order-patterns:components:FanOut "fanout": Authorizer.CacheSeconds: must be from 0 to 3600, got 4000`)
}

// The Orchestrator has no function that sees the request. So its API compares the account, and the machine does it again.
func TestTheOrchestratorsAPIStartsExecutionsForTheCallersAccountOnly(t *testing.T) {
	c := orchestrator(t, func(a *components.OrchestratorArgs) { a.Authorizer = tokens })
	operation := postOrder(t, c)
	template := at(t, operation, integration, "requestTemplates")["application/json"].(string)
	require.Equal(t, `#set($id = $input.json('$.order.orderid').replaceAll("[^A-Za-z0-9._-]",""))`+
		`#if($id == "")#set($id = $context.requestId)#end#set($context.requestOverride.header.X-Order-Id = $id)`+
		`#if($input.body.length() > 65536){}`+
		`#elseif($context.authorizer.any == "true" || ($context.authorizer.account && $context.authorizer.account != "" && `+
		`$context.authorizer.account == $input.path('$.order.accountid')))`+
		`#set($body = $util.escapeJavaScript($input.body).replaceAll("\\'","'"))`+
		`{"stateMachineArn":"`+machine("orchestrator")+`","name":"$context.requestId",`+
		`"input":"{\"orderid\":\"$id\",\"requestid\":\"$context.requestId\",\"accepted\":$context.requestTimeEpoch,`+
		`#if($context.authorizer.any == "true")#else#set($caller = $util.escapeJavaScript($context.authorizer.account).replaceAll("\\'","'"))`+
		`\"caller\":\"$util.escapeJavaScript($caller).replaceAll("\\'","'")\",#end`+
		`\"body\":\"$util.escapeJavaScript($body).replaceAll("\\'","'")\"}"}`+
		`#else{"stateMachineArn":"`+machine("orchestrator")+`","name":"$context.requestId","input":"not allowed"}#end`, template)
	require.False(t, json.Valid([]byte("not allowed")), "else Step Functions would accept the input")

	refused := at(t, operation, integration, "responses", `4\d{2}`, "responseTemplates")["application/json"].(string)
	require.True(t, strings.HasPrefix(refused, `#set($type = $input.path('$.__type'))#if($type.contains("InvalidExecutionInput"))`+
		`#set($context.responseOverride.status = 403){"message":"not allowed for this account"}#elseif($type.contains("ValidationException")`), refused)
	require.Contains(t, at(t, operation, "responses", "403", "headers"), "Access-Control-Allow-Origin", "API Gateway drops a header that is not declared")

	for _, auth := range []components.Authorizer{open, signed} {
		operation := postOrder(t, orchestrator(t, func(a *components.OrchestratorArgs) { a.Authorizer = auth }))
		text, err := json.Marshal(operation[integration])
		require.NoError(t, err)
		require.NotContains(t, string(text), "authorizer")
		require.NotContains(t, string(text), "InvalidExecutionInput")
	}
}

// A path to a caller that is not there would fail the execution, so the task gets all of the input.
func TestTheMachineTellsTheStoringTaskWhoCalled(t *testing.T) {
	states := func(auth components.Authorizer) map[string]any {
		return at(t, orchestrator(t, func(a *components.OrchestratorArgs) { a.Authorizer = auth }).document(t, machineType, "orchestrator", "definition"), "States")
	}
	with, without := states(tokens), states(open)
	require.Equal(t, map[string]any{
		"FunctionName": "arn:function/orchestrator-store-order-task",
		"Payload.$":    `States.JsonMerge($$.Execution.Input, States.StringToJson(States.Format('\{"execution":"{}"\}', $$.Execution.Name)), false)`,
	}, at(t, with, "StoreOrder", "Parameters"))
	require.Contains(t, at(t, without, "StoreOrder", "Parameters"), "Payload")
	delete(with, "StoreOrder")
	delete(without, "StoreOrder")
	require.Equal(t, without, with, "a state more would cost a transition for each order")
	require.Equal(t, states(open), states(signed))
}

// A route of another program may leave the account to its machine, which gets the caller.
func TestAnExecutionWithoutAnAccountIsNotGated(t *testing.T) {
	c := mixed(t, func(a *components.OrderApiArgs) {
		a.Routes = []components.Route{{
			Method: "POST", Path: "/parcel", Body: `{"type": "object"}`, Execution: &components.Execution{StateMachineArn: pulumi.String(machine("m")), IdPath: "$.id"},
			Responses: []components.Response{{Status: 202}, {Status: 413}, {Status: 500}, {Status: 503}},
		}}
	})
	template := at(t, c.document(t, restAPIType, "api", "body"), "paths", "/parcel", "post", integration, "requestTemplates")["application/json"].(string)
	require.Contains(t, template, `\"caller\":\"`)
	require.NotContains(t, template, "not allowed")
	require.NotContains(t, template, "#elseif")
}
