package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/oidc"
	"github.com/order-patterns/order-patterns/handlers/oidc/oidctest"
)

const stage = "arn:aws:execute-api:eu-west-1:123456789012:abcde12345/prod"

var now = time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)

// routes are those of the checker pattern.
var routes = []route{
	{"POST", "/order", nil}, {"GET", "/order/*/status", nil}, {"POST", "/account", []string{"balances:write"}},
	{"POST", "/stock", []string{"balances:write", "stock"}},
}

// start returns the function, and its issuer.
func start(t testing.TB) (*handler, *oidctest.Issuer) {
	t.Helper()
	i := oidctest.Start(t, "RS256")
	clock := func() time.Time { return now }
	return &handler{tokens: oidc.NewVerifier(i.URL, oidctest.Audience, oidc.Client(), clock), accountClaim: "sub", routes: routes}, i
}

// event is the recorded event with this value of the header Authorization.
func event(t testing.TB, authorization string) request {
	t.Helper()
	r := handlertest.Event[request](t, "token.json")
	r.AuthorizationToken = authorization
	return r
}

// invoke runs the function as the Lambda runtime does, and returns its answer as JSON, and what it logged.
func invoke(t testing.TB, h *handler, r request) (answer string, lines []map[string]any, err error) {
	t.Helper()
	input, jsonErr := json.Marshal(r)
	require.NoError(t, jsonErr)
	lines = handlertest.Logged(t, func() { answer, _, err = handlertest.Invoke(t, h.handle, input) })
	return answer, lines, err
}

// allow is the answer that allows these routes.
func allow(context string, arns ...string) string {
	text, _ := json.Marshal(arns)
	return `{"principalId":"a0","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":["execute-api:Invoke"],"Effect":"Allow","Resource":` +
		string(text) + `}]},"context":` + context + `}`
}

func TestAValidTokenIsAllowedTheRoutesOfItsScopesAndNamesItsAccount(t *testing.T) {
	h, i := start(t)
	token := i.Token(t, now, nil)
	for _, authorization := range []string{"Bearer " + token, "bearer " + token, "Bearer   " + token} {
		answer, _, err := invoke(t, h, event(t, authorization))
		require.NoError(t, err)
		require.JSONEq(t, allow(`{"account":"a0"}`, stage+"/POST/order", stage+"/GET/order/*/status"), answer)
	}
}

func TestThePolicyListsExactlyTheRoutesWhoseScopesTheTokenHas(t *testing.T) {
	h, i := start(t)
	h.routes = nil
	scopes := []string{"a", "b", "c"}
	// A route for each subset of the scopes, in two orders.
	subset := func(bits int) (s []string) {
		for n, scope := range scopes {
			if bits&(1<<n) != 0 {
				s = append(s, scope)
			}
		}
		return s
	}
	for bits := range 8 {
		h.routes = append(h.routes, route{"GET", "/r" + string(rune('0'+bits)), subset(bits)})
	}
	for has := range 8 {
		answer, _, err := invoke(t, h, event(t, "Bearer "+i.Token(t, now, map[string]any{"scope": strings.Join(append(subset(has), "aa", "A"), " ")})))
		require.NoError(t, err)
		var want []string
		for bits := range 8 {
			if bits&^has == 0 {
				want = append(want, stage+"/GET/r"+string(rune('0'+bits)))
			}
		}
		require.JSONEq(t, allow(`{"account":"a0"}`, want...), answer)
	}
}

func TestATokenWithoutAnyRouteIsDeniedAll(t *testing.T) {
	h, i := start(t)
	h.routes = routes[2:]
	answer, _, err := invoke(t, h, event(t, "Bearer "+i.Token(t, now, map[string]any{"scope": "stock balances"})))
	require.NoError(t, err)
	require.JSONEq(t, `{"principalId":"a0","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":["execute-api:Invoke"],"Effect":"Deny",`+
		`"Resource":["`+stage+`/*"]}]},"context":{"account":"a0"}}`, answer)
}

// API Gateway may use an answer for other routes, too: for as long as the authorizer's cache keeps it.
func TestTheAnswerIsTheSameForEachRoute(t *testing.T) {
	h, i := start(t)
	r := event(t, "Bearer "+i.Token(t, now, map[string]any{"scope": "balances:write"}))
	want, _, err := invoke(t, h, r)
	require.NoError(t, err)
	for _, method := range []string{"/POST/order", "/POST/account", "/POST/stock", "/GET/order/o1/status", "/GET/", "/DELETE/unknown"} {
		r.MethodArn = stage + method
		answer, _, err := invoke(t, h, r)
		require.NoError(t, err)
		require.Equal(t, want, answer, method)
	}
	require.JSONEq(t, allow(`{"account":"a0"}`, stage+"/POST/order", stage+"/GET/order/*/status", stage+"/POST/account"), want)
}

func TestThePolicyIsForTheAPIAndStageOfTheRequest(t *testing.T) {
	h, i := start(t)
	h.routes = routes[:1]
	r := event(t, "Bearer "+i.Token(t, now, nil))
	for _, api := range []string{"arn:aws-cn:execute-api:cn-north-1:123456789012:xyz/test-invoke-stage", "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abc/v1.0"} {
		r.MethodArn = api + "/GET/a/b"
		answer, _, err := invoke(t, h, r)
		require.NoError(t, err)
		require.JSONEq(t, allow(`{"account":"a0"}`, api+"/POST/order"), answer)
	}
	for _, wrong := range []string{"", "*", "arn:aws:execute-api:eu-west-1:123456789012:abcde12345/prod", "arn:aws:execute-api:eu-west-1:123456789012:*/prod/GET/order", "arn:aws:lambda:eu-west-1:123456789012:function/x/y"} {
		r.MethodArn = wrong
		_, _, err := invoke(t, h, r)
		require.EqualError(t, err, `methodArn "`+wrong+`" is not the ARN of a method`)
	}
}

func TestTheAccountIsThatOfTheClaimAndAnyThatOfTheScope(t *testing.T) {
	h, i := start(t)
	h.accountClaim = "https://shop.example/account"
	for name, c := range map[string]struct {
		claims  map[string]any
		context string // "" if refused
	}{
		"the claim":                {map[string]any{"https://shop.example/account": "a7"}, `{"account":"a7"}`},
		"any, with the claim":      {map[string]any{"https://shop.example/account": "a7", "scope": "x orders:any"}, `{"account":"a7","any":"true"}`},
		"any, without":             {map[string]any{"scp": []string{"orders:any"}}, `{"any":"true"}`},
		"any, invalid":             {map[string]any{"https://shop.example/account": "../a7", "scope": "orders:any"}, `{"any":"true"}`},
		"missing":                  {nil, ""},
		"another letter case":      {map[string]any{"https://shop.example/Account": "a7"}, ""},
		"empty":                    {map[string]any{"https://shop.example/account": ""}, ""},
		"a number":                 {map[string]any{"https://shop.example/account": 7}, ""},
		"a list":                   {map[string]any{"https://shop.example/account": []string{"a7"}}, ""},
		"no valid id":              {map[string]any{"https://shop.example/account": "a7@clients"}, ""},
		"two dots":                 {map[string]any{"https://shop.example/account": "a..7"}, ""},
		"too long":                 {map[string]any{"https://shop.example/account": strings.Repeat("a", 129)}, ""},
		"a scope that looks alike": {map[string]any{"scope": "orders:anything ORDERS:ANY"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			answer, lines, err := invoke(t, h, event(t, "Bearer "+i.Token(t, now, c.claims)))
			if c.context == "" {
				require.EqualError(t, err, "Unauthorized")
				require.Equal(t, "the claim https://shop.example/account names no valid account", lines[len(lines)-1]["reason"])
				return
			}
			require.NoError(t, err)
			require.JSONEq(t, allow(c.context, stage+"/POST/order", stage+"/GET/order/*/status"), answer)
		})
	}
}

// Package oidc tests every kind of bad token.
func TestABadTokenIsUnauthorizedAndTheLogSaysWhyAndNotTheToken(t *testing.T) {
	h, i := start(t)
	token := i.Token(t, now, nil)
	_, _, err := invoke(t, h, event(t, "Bearer "+token))
	require.NoError(t, err)
	secret := i.Key.Token(t, "none", nil, i.Claims(now, nil))
	for authorization, reason := range map[string]string{
		"":                    "it is no bearer token",
		token:                 "it is no bearer token",
		"Basic " + token:      "it is no bearer token",
		"Bearer":              "it is no signed JSON Web Token",
		"Bearer ":             "it is no signed JSON Web Token",
		"Bearer a b":          "it is no signed JSON Web Token",
		"Bearer " + secret:    `the algorithm "none" is not allowed`,
		"Bearer " + token[:9]: "it is no signed JSON Web Token",
		"Bearer " + i.Token(t, now, map[string]any{"exp": now.Add(-time.Hour).Unix()}):           "it expired at 2026-03-01T07:30:00Z",
		"Bearer " + i.Token(t, now, map[string]any{"aud": "other"}):                              `the audience is "other"`,
		"Bearer " + oidctest.NewKey(t, "k9", "RS256").Token(t, "RS256", nil, i.Claims(now, nil)): `the key "k9" is unknown`,
	} {
		_, lines, err := invoke(t, h, event(t, authorization))
		require.EqualError(t, err, "Unauthorized", reason)
		require.Equal(t, map[string]any{"level": "INFO", "msg": "token refused", "outcome": "refused", "reason": reason}, lines[len(lines)-1])
	}
}

// API Gateway recognizes the text of the error, in the document that the runtime sends.
func TestTheRuntimeReportsTheTextThatAPIGatewayRecognizes(t *testing.T) {
	h, _ := start(t)
	_, err := lambda.NewHandler(h.handle).Invoke(t.Context(), handlertest.Recorded(t, "token.json"))
	require.Equal(t, "Unauthorized", err.Error())
}

func TestWhileTheIssuerIsDownKnownKeysAreUsedAndAnUnknownOneIsUnauthorized(t *testing.T) {
	h, i := start(t)
	_, _, err := invoke(t, h, event(t, "Bearer "+i.Token(t, now, nil)))
	require.NoError(t, err)
	i.Answer(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) })
	_, _, err = invoke(t, h, event(t, "Bearer "+i.Token(t, now, nil)))
	require.NoError(t, err)

	i.Key = oidctest.NewKey(t, "k2", "RS256")
	i.Publish(i.Key.JWK(nil))
	r := event(t, "Bearer "+i.Token(t, now, nil))
	_, lines, err := invoke(t, h, r)
	require.EqualError(t, err, "Unauthorized")
	require.Len(t, lines, 2)
	require.Equal(t, "ERROR", lines[0]["level"])
	require.Contains(t, lines[0]["error"], "502 Bad Gateway")
	const unknown = "the key is not known, and the issuer's keys cannot be fetched"
	require.Equal(t, map[string]any{"level": "ERROR", "msg": "token refused", "outcome": "refused", "error": unknown, "cause": unknown}, lines[1])

	i.Answer(nil)
	_, _, err = invoke(t, h, r)
	require.NoError(t, err)
}

// BenchmarkWarm measures an invocation of the function whose keys are cached, as the Lambda runtime runs it. Issue: Jwt costs
// less than 2 ms of a warm request.
func BenchmarkWarm(b *testing.B) {
	for _, algorithm := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
		b.Run(algorithm, func(b *testing.B) {
			i := oidctest.Start(b, algorithm)
			h := &handler{tokens: oidc.NewVerifier(i.URL, oidctest.Audience, oidc.Client(), time.Now), accountClaim: "sub", routes: routes}
			claims := i.Claims(time.Now(), map[string]any{"scope": "openid balances:write"})
			input, err := json.Marshal(event(b, "Bearer "+i.Key.Token(b, algorithm, nil, claims)))
			require.NoError(b, err)
			function := lambda.NewHandler(h.handle)
			_, err = function.Invoke(b.Context(), input)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := function.Invoke(b.Context(), input); err != nil {
					b.Fatal(err)
				}
			}
			per := b.Elapsed() / time.Duration(b.N)
			if b.N > 1 && per > 2*time.Millisecond {
				b.Errorf("an invocation takes %s, more than 2 ms", per)
			}
		})
	}
}
