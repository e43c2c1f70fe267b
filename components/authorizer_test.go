package components_test

import (
	"debug/elf"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const permissionType = "aws:lambda/permission:Permission"

// operations calls test with each operation of a document except preflights, as "post /order".
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

func TestAComponentWithoutAnAuthorizerIsRefusedAndTheErrorListsTheKinds(t *testing.T) {
	three := []string{
		"Authorizer.Kind: is required: choose none, to let everybody call; iam, for requests that are signed with AWS credentials; " +
			"or jwt, for requests with a token of an OpenID Connect issuer, which requires Issuer and Audience",
	}
	refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Common: inFolder(t)}, three)
	refuses(t, components.NewOrchestrator, "Orchestrator", "orchestrator", &components.OrchestratorArgs{Orders: &components.OrchestratorOrders{}, Common: inFolder(t)}, three)
	refuses(t, components.NewEventStream, "EventStream", "eventstream", &components.EventStreamArgs{Orders: &components.EventStreamOrders{}, Common: inFolder(t)}, three)
	refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Common: inFolder(t)}, three)
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
		"another kind":           {components.Authorizer{Kind: "JWT"}, []string{`Authorizer.Kind: unknown kind "JWT": choose none,`}},
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
			"Authorizer.Issuer: is accepted only with jwt", "Authorizer.Audience: is accepted only with jwt",
			"Authorizer.AccountClaim: is accepted only with jwt", "Authorizer.CacheSeconds: is accepted only with jwt",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, components.NewFanOut, "FanOut", "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Common: inFolder(t), Authorizer: c.auth}, c.want)
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
			refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Common: folder, Authorizer: auth}, missing)
			refuses(t, components.NewOrderApi, "OrderApi", "api", &components.OrderApiArgs{Common: folder, Authorizer: auth, Routes: []components.Route{{
				Method: "GET", Path: "/a", Responses: []components.Response{{Status: 200}},
				Function: &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")},
			}}}, missing)
			continue
		}
		deploy(t, components.NewCheckerPipeline, "checker", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Common: folder, Authorizer: auth}, nil)
	}
}

func TestEachAPIWithTokensHasOneAuthorizer(t *testing.T) {
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		name := pattern + "-api-" + authorizeCaller
		has(t, c.inputs(t, functionType, name), map[string]any{
			"memorySize": 512.0, "timeout": 10.0, "runtime": "provided.al2023", "architectures": []any{"arm64"}, "tracingConfig": map[string]any{"mode": "Active"},
		})
		variables := at(t, c.inputs(t, functionType, name), "environment", "variables")
		require.Equal(t, []string{"ACCOUNT_CLAIM", "AUDIENCE", "ISSUER", "PATTERN", "ROUTES"}, slices.Sorted(maps.Keys(variables)))
		has(t, variables, map[string]any{"ISSUER": "https://login.example.com/", "AUDIENCE": "orders", "ACCOUNT_CLAIM": "sub", "PATTERN": pattern})

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
		f, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: tokens, Common: inFolder(t)})
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

// API Gateway has no alternatives. AWS SAM writes two elements for both.
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

func TestAnswersToUnauthorizedCallersAreFixedTextsInTheErrorFormatOfTheAPI(t *testing.T) {
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
				// An unsigned request and an unknown path have the same response type.
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

func TestFunctionsBehindAnAPIWithTokensCheckThatTheOrderBelongsToTheCaller(t *testing.T) {
	behind := []string{
		"publish-order", "append-order", "get-order", "get-invoice", "capture-order", "get-order-status", "update-account", "update-stock",
		"store-order-task", // of the Orchestrator, where no function is invoked by the request
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

func TestArgumentsOfTheAuthorizerMayComeFromAnotherResource(t *testing.T) {
	deployed := func(n int, text string) (*cloud, error) {
		c := &cloud{}
		return c, c.run(fromOtherResource(n, text, func(ctx *pulumi.Context, n pulumi.IntOutput, text pulumi.StringOutput) error {
			auth := components.JwtAuthorizer(text, text)
			auth.AccountClaim, auth.CacheSeconds = text, n
			_, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
				Orders: &components.FanOutOrders{}, Authorizer: auth, Common: components.Common{Packages: packages(t, elf.EM_AARCH64), CodeFromS3: true},
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
