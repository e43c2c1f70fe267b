package apigateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/policy"
)

const (
	authorizerARN = "arn:aws:lambda:us-east-1:123456789012:function:judge"
	authorizerURI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + authorizerARN + "/invocations"
)

// secured is the test's document in which the methods of /order, except the preflight, require the security scheme.
func secured(t testing.TB, scheme map[string]any) string {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(keyed(t)), &doc))
	doc["components"].(map[string]any)["securitySchemes"].(map[string]any)["who"] = scheme
	for path, item := range doc["paths"].(map[string]any) {
		for verb, operation := range item.(map[string]any) {
			if strings.HasPrefix(path, "/order") && verb != "options" {
				operation.(map[string]any)["security"] = []any{map[string]any{"who": []any{}}}
			}
		}
	}
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	return string(text)
}

// judged is the document with a Lambda authorizer, with these additional settings.
func judged(t testing.TB, settings map[string]any) string {
	spec := map[string]any{"type": "token", "authorizerUri": authorizerURI}
	for name, value := range settings {
		spec[name] = value
	}
	return secured(t, map[string]any{
		"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": spec,
	})
}

// judge answers the invocations of the authorizer with these, and those of other functions with 202.
type judge struct {
	result lambda.Result
	err    error
	asked  []lambda.Invocation
	seen   map[string]any // the event of the last other function
}

func (j *judge) install(t testing.TB, c *cloud) {
	c.functions.answer = func(_ context.Context, in lambda.Invocation) (lambda.Result, error) {
		if in.Function == authorizerARN {
			j.asked = append(j.asked, in)
			return j.result, j.err
		}
		require.NoError(t, json.Unmarshal(in.Payload, &j.seen))
		return lambda.Result{Payload: []byte(`{"statusCode":202,"body":"{}"}`)}, nil
	}
}

// allows answers with statements and a context.
func (j *judge) allows(statements, context string) {
	j.result, j.err = lambda.Result{Payload: []byte(`{"principalId":"p0","policyDocument":{"Version":"2012-10-17","Statement":[` + statements + `]},"context":` + context + `}`)}, nil
}

func (j *judge) throws(message string) {
	j.result, j.err = lambda.Result{Payload: []byte(`{"errorMessage":"` + message + `","errorType":"errorString"}`), FunctionError: lambda.Unhandled}, nil
}

const allowAll = `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*"}`

func judgedAPI(t testing.TB, settings map[string]any) (*api, *judge) {
	t.Helper()
	c := newCloud(t)
	j := &judge{}
	j.install(t, c)
	j.allows(allowAll, `{}`)
	return c.deploy(t, judged(t, settings), nil), j
}

func TestARequestWithoutATokenOfTheRightFormIsRefusedWithoutTheFunction(t *testing.T) {
	a, j := judgedAPI(t, map[string]any{"identityValidationExpression": "[Bb]earer +[a-z]+"})
	for name, header := range map[string][]string{
		"no header": nil, "empty": {"Authorization", ""}, "other scheme": {"Authorization", "Basic abc"}, "in part": {"Authorization", "x Bearer abc 1"},
	} {
		got := a.call(t, status, "", header...)
		require.Equal(t, 401, got.status, name)
		require.JSONEq(t, `{"message":"Unauthorized","type":"UNAUTHORIZED"}`, got.body)
		require.Equal(t, "UnauthorizedException", got.header.Get("x-amzn-ErrorType"))
	}
	require.Empty(t, j.asked)
	require.Equal(t, 202, a.call(t, status, "", "Authorization", "bearer abc").status)
	require.Equal(t, 200, a.call(t, "OPTIONS /order", "").status, "a preflight is open")
}

func TestTheFunctionIsAskedAsTheAPIsAuthorizer(t *testing.T) {
	a, j := judgedAPI(t, nil)
	require.Equal(t, 202, a.call(t, "GET /order/1/status?a=b", "", "Authorization", "t0").status)
	require.Len(t, j.asked, 1)
	var event events.APIGatewayCustomAuthorizerRequest
	require.NoError(t, json.Unmarshal(j.asked[0].Payload, &event))
	require.Equal(t, events.APIGatewayCustomAuthorizerRequest{
		Type: "TOKEN", AuthorizationToken: "t0", MethodArn: account.ARN("execute-api", a.id+"/prod/GET/order/1/status"),
	}, event)
	require.Equal(t, "apigateway.amazonaws.com", j.asked[0].Principal.String())
	require.Regexp(t, "^"+account.ARN("execute-api", a.id)+"/authorizers/[a-z0-9]{6}$", j.asked[0].Keys["aws:SourceArn"])
	require.Equal(t, account.ID, j.asked[0].Keys["aws:SourceAccount"])
}

func TestFailuresOfAnAuthorizerHaveTheirGatewayResponses(t *testing.T) {
	a, j := judgedAPI(t, nil)
	answers := func(payload string) func() {
		return func() { j.result, j.err = lambda.Result{Payload: []byte(payload)}, nil }
	}
	const null = `{"message":null,"type":"`
	for name, tc := range map[string]struct {
		happens func()
		status  int
		body    string
	}{
		"unauthorized":    {func() { j.throws("Unauthorized") }, 401, `{"message":"Unauthorized","type":"UNAUTHORIZED"}`},
		"another error":   {func() { j.throws("unauthorized") }, 500, null + `AUTHORIZER_FAILURE"}`},
		"no permission":   {func() { j.err = &policy.DeniedError{} }, 500, null + `AUTHORIZER_CONFIGURATION_ERROR"}`},
		"not reached":     {func() { j.err = errors.New("x") }, 500, null + `AUTHORIZER_FAILURE"}`},
		"no JSON":         {answers(`x`), 500, null + `AUTHORIZER_CONFIGURATION_ERROR"}`},
		"null":            {answers(`null`), 500, null + `AUTHORIZER_CONFIGURATION_ERROR"}`},
		"no principal":    {answers(`{"policyDocument":{"Version":"2012-10-17","Statement":[` + allowAll + `]}}`), 500, null + `AUTHORIZER_CONFIGURATION_ERROR"}`},
		"no policy":       {answers(`{"principalId":"p"}`), 500, null + `AUTHORIZER_CONFIGURATION_ERROR"}`},
		"object in value": {func() { j.allows(allowAll, `{"a":{}}`) }, 500, null + `AUTHORIZER_CONFIGURATION_ERROR"}`},
		"implicit deny": {func() {
			j.allows(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:x/*"}`, `{}`)
		}, 403, `{"message":"User is not authorized to access this resource","type":"ACCESS_DENIED"}`},
		"explicit deny": {func() { j.allows(allowAll+`,{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*"}`, `{}`) }, 403, `{"message":"User is not authorized to access this resource with an explicit deny","type":"ACCESS_DENIED"}`},
	} {
		t.Run(name, func(t *testing.T) {
			j.seen = nil
			tc.happens()
			got := a.call(t, status, "", "Authorization", name)
			require.Equal(t, tc.status, got.status)
			if tc.status == 500 { // the document has no response of its own for these
				tc.body = `{"message":null}`
			}
			require.JSONEq(t, tc.body, got.body)
			require.Nil(t, j.seen)
		})
	}
}

func TestAnAuthorizerThatTakesTooLongIsAFailure(t *testing.T) {
	c := newCloud(t)
	a := c.deploy(t, judged(t, nil), nil)
	c.functions.answer = func(ctx context.Context, _ lambda.Invocation) (lambda.Result, error) {
		go c.Clock.Advance(29 * time.Second)
		<-ctx.Done()
		return lambda.Result{}, ctx.Err()
	}
	got := a.call(t, status, "", "Authorization", "t0")
	require.Equal(t, 500, got.status)
	require.Equal(t, "AuthorizerFailureException", got.header.Get("x-amzn-ErrorType"))
}

func TestThePolicyIsEvaluatedOnTheRequestsOwnMethodAlsoFromTheCache(t *testing.T) {
	a, j := judgedAPI(t, nil)
	j.allows(`{"Effect":"Allow","Action":"execute-api:Invoke","Resource":["`+account.ARN("execute-api", a.id+"/prod/GET/order/*/status")+`"]}`, `{}`)
	require.Equal(t, 202, a.call(t, "GET /order/1/status", "", "Authorization", "t0").status)
	require.Equal(t, 202, a.call(t, "GET /order/2/status", "", "Authorization", "t0").status)
	require.Equal(t, 403, a.call(t, "GET /order?accountid=a&vendorid=v", "", "Authorization", "t0").status)
	require.Len(t, j.asked, 1, "one answer serves all routes")
	require.Equal(t, 403, a.call(t, "GET /%6frder?accountid=a&vendorid=v", "", "Authorization", "t0").status, "an encoded path opens nothing")
}

func TestAnAnswerIsReusedForTheSameTokenUntilItsTimeIsOver(t *testing.T) {
	for name, tc := range map[string]struct {
		settings map[string]any
		reused   time.Duration // the last moment at which it is reused; negative for never
	}{
		"default": {nil, 299 * time.Second}, "a minute": {map[string]any{"authorizerResultTtlInSeconds": 60}, 59 * time.Second},
		"never": {map[string]any{"authorizerResultTtlInSeconds": 0}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			a, j := judgedAPI(t, tc.settings)
			place := func(token string) { require.Equal(t, 202, a.call(t, status, "", "Authorization", token).status) }
			place("t0")
			if tc.reused < 0 {
				place("t0")
				require.Len(t, j.asked, 2)
				return
			}
			a.Clock.Advance(tc.reused)
			place("t0")
			require.Len(t, j.asked, 1)
			place("t1")
			require.Len(t, j.asked, 2, "another token")
			a.Clock.Advance(time.Second)
			place("t0")
			require.Len(t, j.asked, 3)
		})
	}
}

func TestARefusalIsNotReused(t *testing.T) {
	a, j := judgedAPI(t, nil)
	j.throws("Unauthorized")
	require.Equal(t, 401, a.call(t, status, "", "Authorization", "t0").status)
	j.allows(allowAll, `{}`)
	require.Equal(t, 202, a.call(t, status, "", "Authorization", "t0").status)
}

func TestAnotherDeploymentStartsWithoutAnswers(t *testing.T) {
	a, j := judgedAPI(t, nil)
	place := func() { require.Equal(t, 202, a.call(t, status, "", "Authorization", "t0").status) }
	place()
	a.inputs["xrayTracingEnabled"] = true
	require.NoError(t, a.Update(t, stageType, a.stage, a.inputs))
	place()
	require.Len(t, j.asked, 1, "another setting keeps the answers")
	a.inputs["deployment"], _ = a.MustDeploy(t, deploymentType, map[string]any{"restApi": a.id})
	require.NoError(t, a.Update(t, stageType, a.stage, a.inputs))
	place()
	require.Len(t, j.asked, 2)
}

func TestTheContextOfAnAuthorizerReachesFunctionsAndAccessLogs(t *testing.T) {
	c := newCloud(t)
	j := &judge{}
	j.install(t, c)
	j.allows(allowAll, `{"account":"a0","any":true,"n_1":1.50}`)
	c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": c.role(t, "logs", "apigateway.amazonaws.com", pushToLogs)})
	c.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": "api"})
	a := c.deploy(t, judged(t, nil), accessLogs("$context.requestId $context.authorizer.principalId $context.authorizer.n_1 $context.authorizer.none $context.authorizer.error"))
	require.Equal(t, 202, a.call(t, status, "", "Authorization", "t0").status)
	require.Equal(t, map[string]any{"principalId": "p0", "integrationLatency": 0.0, "account": "a0", "any": "true", "n_1": "1.50"},
		j.seen["requestContext"].(map[string]any)["authorizer"])
	j.throws("broken")
	require.Equal(t, 500, a.call(t, status, "", "Authorization", "t1").status)
	c.Clock.Advance(2 * time.Second)
	require.Eventually(t, func() bool { return len(c.lines(t)) == 2 }, 5*time.Second, time.Millisecond)
	require.Regexp(t, `^\S+ p0 1\.50 - -$`, c.lines(t)[0])
	require.Contains(t, c.lines(t)[1], "the authorizer failed")
}

func TestMappingTemplatesReadTheContextOfAnAuthorizer(t *testing.T) {
	c := newCloud(t)
	c.trusts(t, "apigateway.amazonaws.com")
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(starts(t, func(i map[string]any) {
		i["requestTemplates"] = map[string]any{"application/json": `#if($context.authorizer.any == "true" || $input.path('$.a') == $context.authorizer.account)ok#{else}no#end [$!context.authorizer.none]`}
	})), &doc))
	doc["components"] = map[string]any{"securitySchemes": map[string]any{"who": map[string]any{
		"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": map[string]any{"type": "token", "authorizerUri": authorizerURI},
	}}}
	doc["paths"].(map[string]any)["/order/{vendorid}"].(map[string]any)["post"].(map[string]any)["security"] = []any{map[string]any{"who": []any{}}}
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	j := &judge{}
	j.install(t, c)
	a := c.deploy(t, string(text), nil)
	for token, tc := range map[string]struct{ context, want string }{
		"own": {`{"account":"a0"}`, "ok []"}, "other": {`{"account":"a1"}`, "no []"}, "any": {`{"any":true}`, "ok []"}, "nobody": {`{}`, "no []"},
	} {
		j.allows(allowAll, tc.context)
		require.Less(t, a.call(t, "POST /order/v0", `{"a":"a0"}`, "Authorization", token).status, 500)
		require.Equal(t, tc.want, c.states.body, token)
	}
}

func TestAMethodCanRequireAKeyAndAToken(t *testing.T) {
	c := newCloud(t)
	j := &judge{}
	j.install(t, c)
	j.allows(allowAll, `{}`)
	text := strings.ReplaceAll(judged(t, nil), `"security":[{"who":[]}]`, `"security":[{"api_key":[],"who":[]}]`)
	a := c.deploy(t, text, nil)
	_, key := a.key(t, a.plan(t, nil))
	require.Equal(t, 403, a.call(t, status, "", "Authorization", "t0").status)
	require.Equal(t, 401, a.call(t, status, "", "x-api-key", key).status)
	require.Equal(t, 202, a.call(t, status, "", "x-api-key", key, "Authorization", "t0").status)
}

func TestTheResourcePolicyCountsBeforeAndWithTheAuthorizer(t *testing.T) {
	c := newCloud(t)
	j := &judge{}
	j.install(t, c)
	for name, tc := range map[string]struct {
		policy, statements string
		asked, status      int
	}{
		"denies":          {`{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"}`, allowAll, 0, http.StatusForbidden},
		"allows":          {`{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"}`, `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:x/*"}`, 1, http.StatusAccepted},
		"says nothing":    {`{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/test/*"}`, allowAll, 1, http.StatusAccepted},
		"allows, not the": {`{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:*/*"}`, `{"Effect":"Deny","Action":"execute-api:Invoke","Resource":"*"}`, 1, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			j.asked = nil
			j.allows(tc.statements, `{}`)
			a := c.deployWith(t, map[string]any{"body": judged(t, nil), "policy": `{"Version":"2012-10-17","Statement":[` + tc.policy + `]}`})
			require.Equal(t, tc.status, a.call(t, status, "", "Authorization", "t0").status)
			require.Len(t, j.asked, tc.asked)
		})
	}
}
