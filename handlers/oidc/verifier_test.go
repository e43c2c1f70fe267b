package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/oidc"
	"github.com/order-patterns/order-patterns/handlers/oidc/oidctest"
)

// clock is a time that a test sets.
type clock struct{ time.Time }

func (c *clock) now() time.Time           { return c.Time }
func (c *clock) advance(by time.Duration) { c.Time = c.Add(by) }
func at() *clock                          { return &clock{time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)} }
func verifier(i *oidctest.Issuer, c *clock) *oidc.Verifier {
	return oidc.NewVerifier(i.URL, oidctest.Audience, oidc.Client(), c.now)
}

func TestAValidTokenOfEachAlgorithmIsVerified(t *testing.T) {
	for _, algorithm := range []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"} {
		for name, more := range map[string]map[string]any{"alg of the key": {"alg": algorithm}, "any alg": nil, "no use": {"use": ""}} {
			i, c := oidctest.Start(t, algorithm), at()
			i.Publish(i.Key.JWK(more))
			claims, err := verifier(i, c).Verify(t.Context(), i.Key.Token(t, algorithm, nil, i.Claims(c.now(), nil)))
			require.NoError(t, err, "%s, %s", algorithm, name)
			require.Equal(t, "a0", claims.Subject)
		}
	}
}

func TestATokenOfEachUsualFormIsVerified(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	for name, claims := range map[string]map[string]any{
		"several audiences":      {"aud": []string{"other", oidctest.Audience}},
		"no aud, as Cognito's":   {"aud": nil, "client_id": oidctest.Audience},
		"valid since now":        {"nbf": c.Unix()},
		"just expired":           {"exp": c.Add(-oidc.Skew).Unix()},
		"valid in a moment":      {"nbf": c.Add(oidc.Skew).Unix(), "iat": c.Add(oidc.Skew).Unix()},
		"no iat":                 {"iat": nil},
		"a fraction of a second": {"exp": float64(c.Unix()) + 1.5},
		"unknown claims":         {"https://shop.example/roles": []string{"a"}, "address": map[string]any{"a": nil}},
	} {
		_, err := v.Verify(t.Context(), i.Token(t, c.now(), claims))
		require.NoError(t, err, name)
	}
	for _, typ := range []any{nil, "JWT", "jwt", "at+JWT", "application/at+jwt"} {
		_, err := v.Verify(t.Context(), i.Key.Token(t, "RS256", map[string]any{"typ": typ}, i.Claims(c.now(), nil)))
		require.NoError(t, err, typ)
	}
}

func TestABadTokenIsRefusedWithItsReasonAndWithoutItsText(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	good := i.Token(t, c.now(), nil)
	_, err := v.Verify(t.Context(), good)
	require.NoError(t, err)
	parts := strings.Split(good, ".")
	der, err := x509.MarshalPKIXPublicKey(i.Key.Public())
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	kid := map[string]any{"kid": i.Key.ID}
	stranger := oidctest.NewKey(t, i.Key.ID, "RS256") // the same id
	claims := i.Claims(c.now(), nil)
	raw := func(payload string) string {
		return i.Key.Raw(t, "RS256", payload)
	}
	for name, b := range map[string]struct{ token, reason string }{
		"none":                      {"", "it is no signed JSON Web Token"},
		"no JWT":                    {"opaque-token", "it is no signed JSON Web Token"},
		"two parts":                 {parts[0] + "." + parts[1], "it is no signed JSON Web Token"},
		"four parts":                {good + "." + parts[2], "it is no signed JSON Web Token"},
		"no base64":                 {"*" + good, "it is no signed JSON Web Token"},
		"JSON serialization":        {`{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`, "it is no signed JSON Web Token"},
		"alg none":                  {i.Key.Token(t, "none", nil, claims), `the algorithm "none" is not allowed`},
		"alg NONE":                  {i.Key.Token(t, "none", map[string]any{"alg": "NONE"}, claims), `the algorithm "NONE" is not allowed`},
		"alg none, with signature":  {i.Key.Token(t, "RS256", map[string]any{"alg": "none"}, claims), `the algorithm "none" is not allowed`},
		"HS256 with the public key": {oidctest.Shared(t, public, kid, claims), `the algorithm "HS256" is not allowed`},
		"HS256 with the DER":        {oidctest.Shared(t, der, kid, claims), `the algorithm "HS256" is not allowed`},
		"HS256 with the key id":     {oidctest.Shared(t, []byte(i.Key.ID), kid, claims), `the algorithm "HS256" is not allowed`},
		"alg of another kind":       {i.Key.Token(t, "RS256", map[string]any{"alg": "ES256"}, claims), "the algorithm ES256 is not one of the key's"},
		"PS256 signed as RS256":     {i.Key.Token(t, "RS256", map[string]any{"alg": "PS256"}, claims), "the signature is wrong"},
		"no key id":                 {i.Key.Token(t, "RS256", map[string]any{"kid": nil}, claims), "it has no key id"},
		"unknown key":               {i.Key.Token(t, "RS256", map[string]any{"kid": "k9"}, claims), `the key "k9" is unknown`},
		"another's key":             {stranger.Token(t, "RS256", nil, claims), "the signature is wrong"},
		"its own key in the header": {stranger.Token(t, "RS256", map[string]any{"jwk": stranger.JWK(nil)}, claims), "the signature is wrong"},
		"another address of keys":   {stranger.Token(t, "RS256", map[string]any{"jku": "http://127.0.0.1:1/jwks"}, claims), "the signature is wrong"},
		"no signature":              {parts[0] + "." + parts[1] + ".", "the signature is wrong"},
		"a changed claim":           {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"a1"}`)) + "." + parts[2], "the signature is wrong"},
		"a critical extension":      {i.Key.Token(t, "RS256", map[string]any{"crit": []string{"x"}, "x": 1}, claims), ""},
		"for logging out":           {i.Key.Token(t, "RS256", map[string]any{"typ": "logout+jwt"}, claims), `it is of the type "logout+jwt"`},
		"expired":                   {i.Token(t, c.now(), map[string]any{"exp": c.Add(-oidc.Skew - time.Second).Unix()}), "it expired at 2026-03-01T08:28:59Z"},
		"not yet valid":             {i.Token(t, c.now(), map[string]any{"nbf": c.Add(oidc.Skew + time.Second).Unix()}), "it is not valid before 2026-03-01T08:31:01Z"},
		"issued in the future":      {i.Token(t, c.now(), map[string]any{"iat": c.Add(oidc.Skew + time.Second).Unix()}), "it was issued at 2026-03-01T08:31:01Z"},
		"wrong audience":            {i.Token(t, c.now(), map[string]any{"aud": "other"}), `the audience is "other"`},
		"no audience":               {i.Token(t, c.now(), map[string]any{"aud": nil}), `the audience is ""`},
		"aud counts, not client_id": {i.Token(t, c.now(), map[string]any{"aud": "other", "client_id": oidctest.Audience}), `the audience is "other"`},
		"an empty list of aud":      {i.Token(t, c.now(), map[string]any{"aud": []string{}, "client_id": oidctest.Audience}), `the audience is ""`},
		"another client":            {i.Token(t, c.now(), map[string]any{"aud": nil, "client_id": "other"}), `the audience is "other"`},
		"wrong issuer":              {i.Token(t, c.now(), map[string]any{"iss": i.URL + "/"}), "the issuer is "},
		"no issuer":                 {i.Token(t, c.now(), map[string]any{"iss": nil}), `the issuer is ""`},
		"no sub":                    {i.Token(t, c.now(), map[string]any{"sub": nil}), "the claim sub is missing"},
		"no exp":                    {i.Token(t, c.now(), map[string]any{"exp": nil}), "the claim exp is missing"},
		"exp is null":               {raw(`{"iss":"` + i.URL + `","aud":"order-patterns","sub":"a0","exp":null}`), "the claim exp is missing"},
		"exp is text":               {i.Token(t, c.now(), map[string]any{"exp": "tomorrow"}), "the claims are malformed"},
		"sub is a number":           {i.Token(t, c.now(), map[string]any{"sub": 7}), "the claims are malformed"},
		"a claim twice":             {raw(`{"iss":"` + i.URL + `","aud":"order-patterns","exp":2000000000,"sub":"a0","sub":"a1"}`), "the claims are malformed"},
		"another letter case":       {raw(`{"iss":"` + i.URL + `","aud":"order-patterns","exp":2000000000,"SUB":"a0"}`), "the claim sub is missing"},
		"claims are no object":      {raw(`["a0"]`), "the claims are malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Verify(t.Context(), b.token)
			require.ErrorContains(t, err, b.reason)
			require.NotErrorIs(t, err, oidc.ErrNoKeys)
			for _, part := range strings.Split(b.token, ".") {
				if part != "" {
					require.NotContains(t, err.Error(), part)
				}
			}
		})
	}
}

func TestAKeyVerifiesOnlyItsOwnAlgorithms(t *testing.T) {
	for name, c := range map[string]struct {
		kind, signed, alg string
		jwk               map[string]any
		reason            string
	}{
		"alg of the key differs": {"RS256", "PS256", "PS256", map[string]any{"alg": "RS256"}, "the algorithm PS256 is not one of the key's: [RS256]"},
		"a larger curve":         {"ES384", "ES384", "ES256", nil, "the algorithm ES256 is not one of the key's: [ES384]"},
		"alg of another kind":    {"RS256", "RS256", "RS256", map[string]any{"alg": "ES256"}, `the key "k1" is unknown`},
		"for encryption":         {"RS256", "RS256", "RS256", map[string]any{"use": "enc"}, `the key "k1" is unknown`},
		"alg for encryption":     {"RS256", "RS256", "RS256", map[string]any{"alg": "RSA-OAEP"}, `the key "k1" is unknown`},
		"no id":                  {"RS256", "RS256", "RS256", map[string]any{"kid": ""}, `the key "k1" is unknown`},
		"a shared secret":        {"RS256", "RS256", "RS256", map[string]any{"kty": "oct", "k": "c2VjcmV0"}, `the key "k1" is unknown`},
		"a kind not known":       {"RS256", "RS256", "RS256", map[string]any{"kty": "AKP"}, `the key "k1" is unknown`},
	} {
		t.Run(name, func(t *testing.T) {
			i, now := oidctest.Start(t, c.kind), at()
			i.Publish(i.Key.JWK(c.jwk))
			_, err := verifier(i, now).Verify(t.Context(), i.Key.Token(t, c.signed, map[string]any{"alg": c.alg}, i.Claims(now.now(), nil)))
			require.ErrorContains(t, err, c.reason)
		})
	}
}

func TestOneKeyThatIsNotKnownDoesNotHideTheOthers(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	i.Publish(map[string]any{"kty": "AKP", "kid": "new"}, map[string]any{"kty": "RSA", "kid": "broken", "n": "*"}, i.Key.JWK(nil))
	_, err := verifier(i, c).Verify(t.Context(), i.Token(t, c.now(), nil))
	require.NoError(t, err)
}

func TestClaimsAndScopes(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	for name, s := range map[string]struct {
		claims map[string]any
		want   []string
	}{
		"none":              {nil, nil},
		"scope":             {map[string]any{"scope": "openid  orders:any"}, []string{"openid", "orders:any"}},
		"scp, a list":       {map[string]any{"scp": []any{"openid", 7, "orders:any"}}, []string{"openid", "orders:any"}},
		"scp, text":         {map[string]any{"scp": "openid"}, []string{"openid"}},
		"scope counts":      {map[string]any{"scope": "openid", "scp": "orders:any"}, []string{"openid"}},
		"scope is a number": {map[string]any{"scope": 7}, nil},
	} {
		claims, err := v.Verify(t.Context(), i.Token(t, c.now(), s.claims))
		require.NoError(t, err)
		require.Equal(t, s.want, claims.Scopes(), name)
		require.True(t, claims.HasScopes(), name)
		require.True(t, claims.HasScopes(s.want...), name)
		require.False(t, claims.HasScopes(append(s.want, "balances:write")...), name)
	}
	claims, err := v.Verify(t.Context(), i.Token(t, c.now(), map[string]any{"account": "a7", "number": 7}))
	require.NoError(t, err)
	require.Equal(t, "a7", claims.String("account"))
	require.Empty(t, claims.String("Account"))
	require.Empty(t, claims.String("number"))
}
