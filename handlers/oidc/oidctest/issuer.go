// Package oidctest is an OpenID Connect issuer for tests: its discovery document, its keys, and valid and invalid tokens.
package oidctest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Audience is the audience of the issuer's tokens.
const Audience = "order-patterns"

// Issuer serves a discovery document and a set of keys on a loopback address.
type Issuer struct {
	URL string
	Key Key // the key that signs tokens

	mu        sync.Mutex
	keys      []map[string]any
	requests  map[string]int // by path
	answer    http.HandlerFunc
	discovery map[string]any
}

// Start starts an issuer with a key for an algorithm. It stops with the test.
func Start(t testing.TB, algorithm string) *Issuer {
	t.Helper()
	i := &Issuer{Key: NewKey(t, "k1", algorithm), requests: map[string]int{}}
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.URL = server.URL + "/oidc"
	i.discovery = map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/jwks"}
	i.Publish(i.Key.JWK(nil))
	return i
}

// Publish replaces the set of keys.
func (i *Issuer) Publish(keys ...map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// Discover replaces members of the discovery document.
func (i *Issuer) Discover(members map[string]any) {
	i.mu.Lock()
	defer i.mu.Unlock()
	maps.Copy(i.discovery, members)
}

// Answer replaces the answers to all requests; nil restores the default ones.
func (i *Issuer) Answer(answer http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

// Fetches returns how often the keys and the discovery document were requested.
func (i *Issuer) Fetches() (keys, discovery int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests["/oidc/jwks"], i.requests["/oidc/.well-known/openid-configuration"]
}

// ServeHTTP answers a request.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.requests[r.URL.Path]++
	answer, document := i.answer, any(nil)
	switch r.URL.Path {
	case "/oidc/.well-known/openid-configuration":
		document = maps.Clone(i.discovery)
	case "/oidc/jwks":
		document = map[string]any{"keys": i.keys}
	}
	i.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case document != nil:
		_ = json.NewEncoder(w).Encode(document)
	default:
		http.NotFound(w, r)
	}
}

// Claims returns the claims of a valid token of the account a0, issued at now for an hour. other replaces some of them; a nil value removes
// the claim.
func (i *Issuer) Claims(now time.Time, other map[string]any) map[string]any {
	claims := map[string]any{"iss": i.URL, "aud": Audience, "sub": "a0", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	maps.Copy(claims, other)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return claims
}

// Token returns a token with these claims, signed by RS256.
func (i *Issuer) Token(t testing.TB, now time.Time, other map[string]any) string {
	t.Helper()
	return i.Key.Token(t, "RS256", nil, i.Claims(now, other))
}
