package caller_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
	"github.com/order-patterns/order-patterns/handlers/kit/lambdaenv"
)

func TestWithATokenOnlyTheOwnAccountIsAllowedUnlessTheTokenIsForAll(t *testing.T) {
	for name, c := range handlertest.Callers(httpapi.Request{}, "a0") {
		fault := caller.Check{ByToken: true}.Allow(t.Context(), c.Request, "a0")
		require.Equal(t, c.Allowed, caller.Check{ByToken: true}.May(c.Request, "a0"), name)
		if c.Allowed {
			require.Nil(t, fault, name)
		} else {
			require.Equal(t, httpapi.Errorf(403, "not allowed for this account"), fault, name)
		}
		require.Nil(t, caller.Check{}.Allow(t.Context(), c.Request, "a0"), "%s, without a token", name)
	}
}

func TestOnlyStringsOfTheAuthorizerCount(t *testing.T) {
	check := caller.Check{ByToken: true}
	for _, context := range []map[string]any{
		{"any": true}, {"any": "false"}, {"any": "TRUE"}, {"any": 1.0}, {"account": []any{"a0"}}, {"account": ""}, {"claims": map[string]any{"account": "a0"}}, {},
	} {
		r := httpapi.Request{}
		r.RequestContext.Authorizer = context
		require.NotNil(t, check.Allow(t.Context(), r, "a0"), context)
		require.NotNil(t, check.Allow(t.Context(), r, ""), context)
		require.NotNil(t, check.Identified(t.Context(), r), context)
	}
}

func TestACallerIsIdentifiedByItsAccountOrMayAll(t *testing.T) {
	check := caller.Check{ByToken: true}
	require.Nil(t, check.Identified(t.Context(), handlertest.By(httpapi.Request{}, "a0", false)))
	require.Nil(t, check.Identified(t.Context(), handlertest.By(httpapi.Request{}, "", true)))
	require.Equal(t, 403, check.Identified(t.Context(), handlertest.By(httpapi.Request{}, "", false)).Status)
	require.Equal(t, 403, check.Identified(t.Context(), httpapi.Request{}).Status)
	require.Nil(t, caller.Check{}.Identified(t.Context(), httpapi.Request{}))
}

func TestCallersHaveDifferentNames(t *testing.T) {
	check := caller.Check{ByToken: true}
	require.Equal(t, "account a0", check.Name(handlertest.By(httpapi.Request{}, "a0", true)))
	require.Equal(t, "principal user-1", check.Name(handlertest.By(httpapi.Request{}, "", true)))
	require.Empty(t, caller.Check{}.Name(handlertest.By(httpapi.Request{}, "a0", false)))
}

func TestAFunctionWhoseAUTHIsMistypedDoesNotStart(t *testing.T) {
	for value, byToken := range map[string]bool{"": false, "none": false, "iam": false, "jwt": true} {
		t.Setenv("AUTH", value)
		env := &lambdaenv.Env{}
		require.Equal(t, caller.Check{ByToken: byToken}, caller.FromEnvironment(env), value)
		require.NoError(t, env.Err())
	}
	t.Setenv("AUTH", "Jwt")
	env := &lambdaenv.Env{}
	caller.FromEnvironment(env)
	require.EqualError(t, env.Err(), `environment variable AUTH: must be one of jwt, iam, none, got "Jwt"`)
}
