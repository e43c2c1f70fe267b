package oidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/oidc"
)

var admin = iam.Credentials{AccessKeyID: "AKIAADMIN", SecretAccessKey: "secret"}

func issuer(t *testing.T) (*oidc.Issuer, *account.Account) {
	t.Helper()
	a := account.New(clockwork.NewFakeClock(), slog.New(slog.DiscardHandler))
	i := oidc.New(a, admin)
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	a.SetEndpoint(server.URL)
	return i, a
}

func get(t *testing.T, url string, into any) int {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		require.NoError(t, json.NewDecoder(resp.Body).Decode(into))
	}
	return resp.StatusCode
}

// verify checks a token as a relying party does, from the issuer's URL on.
func verify(t *testing.T, i *oidc.Issuer, token string) (map[string]any, error) {
	t.Helper()
	var found struct {
		Issuer string
		Keys   string `json:"jwks_uri"`
	}
	require.Equal(t, 200, get(t, i.URL()+"/.well-known/openid-configuration", &found))
	require.Equal(t, i.URL(), found.Issuer)
	var set jose.JSONWebKeySet
	require.Equal(t, 200, get(t, found.Keys, &set))
	for _, key := range set.Keys {
		require.True(t, key.IsPublic(), "no private key is published")
		require.Equal(t, "sig", key.Use)
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	require.NoError(t, err)
	keys := set.Key(parsed.Headers[0].KeyID)
	if len(keys) == 0 {
		return nil, errors.New("unknown key")
	}
	claims := map[string]any{}
	return claims, parsed.Claims(keys[0].Key, &claims)
}

func TestATokenIsVerifiedByTheDiscoveredKeys(t *testing.T) {
	i, _ := issuer(t)
	for _, algorithm := range []jose.SignatureAlgorithm{jose.RS256, jose.ES256} {
		token, err := i.Mint(algorithm, map[string]any{"sub": "a0", "scope": "x y"})
		require.NoError(t, err)
		claims, err := verify(t, i, token)
		require.NoError(t, err)
		require.Equal(t, []any{i.URL(), oidc.Audience, "a0", "x y"}, []any{claims["iss"], claims["aud"], claims["sub"], claims["scope"]})
		require.InDelta(t, time.Now().Add(time.Hour).Unix(), claims["exp"], 5)
	}
	_, err := i.Mint(jose.HS256, nil)
	require.ErrorContains(t, err, "the issuer has no key for HS256")
}

func TestATestMintsAnyClaims(t *testing.T) {
	i, _ := issuer(t)
	token, err := i.Mint(jose.RS256, map[string]any{"aud": []string{"other"}, "exp": 1, "iss": "https://evil.example", "iat": nil})
	require.NoError(t, err)
	claims, err := verify(t, i, token)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"aud": []any{"other"}, "exp": 1.0, "iss": "https://evil.example"}, claims)
}

func TestRotatedKeysVerifyUntilTheyAreWithdrawn(t *testing.T) {
	i, _ := issuer(t)
	old, err := i.Mint(jose.ES256, nil)
	require.NoError(t, err)
	i.Rotate(true)
	next, err := i.Mint(jose.ES256, nil)
	require.NoError(t, err)
	for _, token := range []string{old, next} {
		_, err := verify(t, i, token)
		require.NoError(t, err)
	}
	first, err := jwt.ParseSigned(old, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	second, err := jwt.ParseSigned(next, []jose.SignatureAlgorithm{jose.ES256})
	require.NoError(t, err)
	require.NotEqual(t, first.Headers[0].KeyID, second.Headers[0].KeyID)
	i.Rotate(false)
	_, err = verify(t, i, next)
	require.ErrorContains(t, err, "unknown key")
}

func TestATestTakesTheIssuerDown(t *testing.T) {
	i, a := issuer(t)
	remove := a.Faults.Add(fault.Rule{Action: "oidc:*", Do: func(context.Context, fault.Event) error { return errors.New("down") }})
	for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
		require.Equal(t, 503, get(t, i.URL()+path, nil))
	}
	remove()
	require.Equal(t, 200, get(t, i.URL()+"/jwks", new(any)))
}

// ask posts to the token endpoint.
func ask(t *testing.T, i *oidc.Issuer, id, secret string, form url.Values) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.URL()+"/token", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.SetBasicAuth(id, secret)
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var body map[string]any
	require.NoError(t, json.Unmarshal(text, &body), string(text))
	return resp.StatusCode, body
}

func TestTheAdministratorGetsTokens(t *testing.T) {
	i, _ := issuer(t)
	status, body := ask(t, i, admin.AccessKeyID, admin.SecretAccessKey, url.Values{
		"grant_type": {"client_credentials"}, "account": {"a0"}, "scope": {"orders:any"}, "expires_in": {"60"},
	})
	require.Equal(t, 200, status)
	require.Equal(t, "Bearer", body["token_type"])
	claims, err := verify(t, i, body["access_token"].(string))
	require.NoError(t, err)
	require.Equal(t, []any{"a0", "orders:any", oidc.Audience}, []any{claims["sub"], claims["scope"], claims["aud"]})
	require.InDelta(t, time.Now().Add(time.Minute).Unix(), claims["exp"], 5)

	for name, form := range map[string]url.Values{
		"no account": {"grant_type": {"client_credentials"}}, "no grant": {"account": {"a0"}},
		"too long":     {"grant_type": {"client_credentials"}, "account": {"a0"}, "expires_in": {"86401"}},
		"not a number": {"grant_type": {"client_credentials"}, "account": {"a0"}, "expires_in": {"1h"}},
	} {
		status, body := ask(t, i, admin.AccessKeyID, admin.SecretAccessKey, form)
		require.Equal(t, 400, status, name)
		require.Equal(t, "invalid_request", body["error"])
	}
}

func TestNobodyElseGetsATokenFromTheEndpoint(t *testing.T) {
	i, _ := issuer(t)
	for _, key := range [][2]string{{"", ""}, {admin.AccessKeyID, ""}, {admin.AccessKeyID, "Secret"}, {"AKIAOTHER", admin.SecretAccessKey}} {
		status, body := ask(t, i, key[0], key[1], url.Values{"grant_type": {"client_credentials"}, "account": {"a0"}})
		require.Equal(t, 401, status)
		require.Equal(t, map[string]any{"error": "invalid_client"}, body)
	}
}
