package oidc_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/oidc"
	"github.com/order-patterns/order-patterns/handlers/oidc/oidctest"
)

func down(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "down", http.StatusServiceUnavailable)
}

// fetches asserts how often the keys and the discovery document were requested.
func fetches(t *testing.T, i *oidctest.Issuer, want int) {
	t.Helper()
	keys, discovery := i.Fetches()
	require.Equal(t, []int{want, want}, []int{keys, discovery})
}

func TestKeysAreFetchedAtTheFirstTokenAndThenCached(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	fetches(t, i, 0)
	_, err := v.Verify(t.Context(), "junk")
	require.Error(t, err)
	_, err = v.Verify(t.Context(), i.Key.Token(t, "none", nil, i.Claims(c.now(), nil)))
	require.Error(t, err)
	fetches(t, i, 0)
	for range 3 {
		_, err := v.Verify(t.Context(), i.Token(t, c.now(), nil))
		require.NoError(t, err)
		_, err = v.Verify(t.Context(), i.Token(t, c.now(), map[string]any{"aud": "other"}))
		require.Error(t, err)
	}
	fetches(t, i, 1)
}

func TestANewKeyIsFetchedAtOnceAndAWithdrawnOneIsForgotten(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	old := i.Token(t, c.now(), nil)
	_, err := v.Verify(t.Context(), old)
	require.NoError(t, err)

	i.Key = oidctest.NewKey(t, "k2", "RS256")
	i.Publish(i.Key.JWK(nil))
	_, err = v.Verify(t.Context(), old)
	require.NoError(t, err, "the cache still has the key")
	_, err = v.Verify(t.Context(), i.Token(t, c.now(), nil))
	require.NoError(t, err)
	_, err = v.Verify(t.Context(), old)
	require.ErrorContains(t, err, `the key "k1" is unknown`)
}

func TestAWithdrawnKeyIsUsedForAnHourAtMost(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	later := i.Token(t, c.Add(oidc.MaxAge), nil)
	_, err := v.Verify(t.Context(), i.Token(t, c.now(), nil))
	require.NoError(t, err)
	i.Publish(oidctest.NewKey(t, "k2", "RS256").JWK(nil))
	c.advance(oidc.MaxAge - time.Second)
	_, err = v.Verify(t.Context(), later)
	require.NoError(t, err)
	c.advance(time.Second)
	_, err = v.Verify(t.Context(), later)
	require.ErrorContains(t, err, `the key "k1" is unknown`)
}

func TestInvalidTokensDoNotCauseUnlimitedFetches(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	for n := range 1000 {
		_, err := v.Verify(t.Context(), i.Key.Token(t, "none", map[string]any{"alg": "RS256", "kid": fmt.Sprint("junk", n)}, i.Claims(c.now(), nil)))
		require.ErrorContains(t, err, "is unknown")
	}
	fetches(t, i, oidc.FetchBurst)
	_, err := v.Verify(t.Context(), i.Token(t, c.now(), nil))
	require.NoError(t, err, "a known key needs no fetch")

	// A new key then waits for its turn.
	i.Key = oidctest.NewKey(t, "k2", "RS256")
	i.Publish(i.Key.JWK(nil))
	token := i.Token(t, c.now(), nil)
	c.advance(oidc.FetchInterval - time.Second)
	_, err = v.Verify(t.Context(), token)
	require.ErrorContains(t, err, `the key "k2" is unknown`)
	c.advance(time.Second)
	_, err = v.Verify(t.Context(), token)
	require.NoError(t, err)
	fetches(t, i, oidc.FetchBurst+1)
}

func TestWhileTheIssuerIsDownCachedKeysAreUsedAndOthersHaveNoKey(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	_, err := v.Verify(t.Context(), i.Token(t, c.now(), nil))
	require.NoError(t, err)
	i.Answer(down)
	other := oidctest.NewKey(t, "k2", "RS256")
	for range 20 {
		_, err = v.Verify(t.Context(), i.Token(t, c.now(), nil))
		require.NoError(t, err)
		lines := handlertest.Logged(t, func() {
			_, err = v.Verify(t.Context(), other.Token(t, "RS256", nil, i.Claims(c.now(), nil)))
		})
		require.ErrorIs(t, err, oidc.ErrNoKeys)
		for _, line := range lines {
			require.Equal(t, "ERROR", line["level"])
			require.Equal(t, "the issuer's keys were not fetched", line["msg"])
			require.Contains(t, line["error"], "503")
		}
		c.advance(oidc.MaxAge / 4)
	}
	i.Answer(nil)
	i.Publish(i.Key.JWK(nil), other.JWK(nil))
	_, err = v.Verify(t.Context(), other.Token(t, "RS256", nil, i.Claims(c.now(), nil)))
	require.NoError(t, err)
}

func TestAFunctionThatStartsWhileTheIssuerIsDownRecovers(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	v := verifier(i, c)
	i.Answer(down)
	_, err := v.Verify(t.Context(), i.Token(t, c.now(), nil))
	require.ErrorIs(t, err, oidc.ErrNoKeys)
	i.Answer(nil)
	_, err = v.Verify(t.Context(), i.Token(t, c.now(), nil))
	require.NoError(t, err)
}

func TestTheIssuersAnswersMustBeRight(t *testing.T) {
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(s)) }
	}
	for name, b := range map[string]struct {
		answer    http.HandlerFunc
		discovery map[string]any
		reason    string
	}{
		"another issuer":   {nil, map[string]any{"issuer": "https://other.example"}, `is that of the issuer "https://other.example"`},
		"a trailing slash": {nil, map[string]any{"issuer": "ISSUER/"}, "is that of the issuer"},
		"no issuer":        {text(`{}`), nil, `is that of the issuer ""`},
		"no address":       {nil, map[string]any{"jwks_uri": nil}, "must be https://, or http:// on a loopback address, got "},
		"plain HTTP":       {nil, map[string]any{"jwks_uri": "http://keys.example/jwks"}, "got http://keys.example/jwks"},
		"a file":           {nil, map[string]any{"jwks_uri": "file:///etc/passwd"}, "got file:///etc/passwd"},
		"not found":        {nil, map[string]any{"jwks_uri": "ISSUER/other"}, "/oidc/other: 404 Not Found"},
		"not JSON":         {text("<html>"), nil, "invalid character"},
		"too large":        {text(`{"issuer":"` + string(make([]byte, 2<<20)) + `"}`), nil, "invalid character"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, nil, "302 Found"},
	} {
		t.Run(name, func(t *testing.T) {
			i, c := oidctest.Start(t, "RS256"), at()
			for member, v := range b.discovery {
				if s, _ := v.(string); len(s) > 6 && s[:6] == "ISSUER" {
					b.discovery[member] = i.URL + s[6:]
				}
			}
			i.Discover(b.discovery)
			i.Answer(b.answer)
			var err error
			lines := handlertest.Logged(t, func() { _, err = verifier(i, c).Verify(t.Context(), i.Token(t, c.now(), nil)) })
			require.ErrorIs(t, err, oidc.ErrNoKeys)
			require.Len(t, lines, 1)
			require.Contains(t, lines[0]["error"], b.reason)
		})
	}
	for _, issuer := range []string{"http://issuer.example", "issuer.example", "://", "https://"} {
		_, err := oidc.NewVerifier(issuer, "a", oidc.Client(), time.Now).Verify(t.Context(), oidctest.NewKey(t, "k", "EdDSA").Token(t, "EdDSA", nil, nil))
		require.ErrorIs(t, err, oidc.ErrNoKeys, issuer)
	}
}

func TestAnIssuerThatHangsDoesNotOutlastTheDeadline(t *testing.T) {
	i, c := oidctest.Start(t, "RS256"), at()
	i.Answer(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := verifier(i, c).Verify(ctx, i.Token(t, c.now(), nil))
	require.ErrorIs(t, err, oidc.ErrNoKeys)
	require.Less(t, time.Since(began), 2*time.Second)
}

func TestConcurrentTokensAreOneFetch(t *testing.T) {
	i := oidctest.Start(t, "RS256")
	v := oidc.NewVerifier(i.URL, oidctest.Audience, oidc.Client(), time.Now)
	token := i.Token(t, time.Now(), nil)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			_, err := v.Verify(t.Context(), token)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	fetches(t, i, 1)
}
