// Package oidc is the embedded cloud's OpenID Connect issuer, which stands for the one that an API trusts, such as Cognito or
// Keycloak. It has a discovery document, keys for RS256 and ES256, and a token endpoint for the person at the keyboard.
// Tests mint tokens of any content.
//
// Nobody signs in here: there are no authorization, userinfo or refresh. It serves its path on the endpoint of AWS services, so
// a bucket named oidc cannot be reached by a path.
package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/iam"
)

const (
	// Path is where the issuer is on the cloud's endpoint.
	Path = "/oidc"
	// Audience is that of tokens that name no other.
	Audience = "order-patterns"

	lifetime    = time.Hour
	maxLifetime = 24 * time.Hour
)

// Issuer issues tokens and publishes the keys that verify them.
type Issuer struct {
	account *account.Account
	admin   iam.Credentials
	mux     *http.ServeMux

	mu   sync.Mutex
	keys []jose.JSONWebKey // private, the newest first; made when they are needed
}

// New returns an issuer whose token endpoint accepts the administrator's key.
func New(a *account.Account, admin iam.Credentials) *Issuer {
	i := &Issuer{account: a, admin: admin, mux: http.NewServeMux()}
	i.publish("/.well-known/openid-configuration", "oidc:GetConfiguration", func() any { return i.configuration() })
	i.publish("/jwks", "oidc:GetKeys", func() any { return i.published() })
	i.mux.HandleFunc("POST "+Path+"/token", i.token)
	return i
}

// URL is the issuer's identifier, the claim iss of its tokens.
func (i *Issuer) URL() string { return i.account.Endpoint() + Path }

// ServeHTTP serves everything below Path.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) { i.mux.ServeHTTP(w, r) }

// Rotate makes new keys, which sign from now on. The old ones stay published.
func (i *Issuer) Rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = append(newKeys(), i.keys...)
}

// Withdraw makes new keys, and stops publishing the old ones.
func (i *Issuer) Withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = newKeys()
}

// Mint signs a token with RS256 or ES256. It has the claims iss, aud (Audience), iat, and exp, which is in an hour; those given
// replace or add to them, and a nil one removes. Times are of the machine, because functions verify by that clock, and not of the cloud.
func (i *Issuer) Mint(algorithm jose.SignatureAlgorithm, claims map[string]any) (string, error) {
	now := time.Now()
	all := map[string]any{"iss": i.URL(), "aud": Audience, "iat": now.Unix(), "exp": now.Add(lifetime).Unix()}
	for name, value := range claims {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	for _, key := range i.current() {
		if key.Algorithm != string(algorithm) {
			continue
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
		if err != nil {
			return "", err
		}
		return jwt.Signed(signer).Claims(all).Serialize()
	}
	return "", fmt.Errorf("the issuer has no key for %s", algorithm)
}

func (i *Issuer) current() []jose.JSONWebKey {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.keys == nil {
		i.keys = newKeys()
	}
	return i.keys
}

func newKeys() []jose.JSONWebKey {
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	es, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return []jose.JSONWebKey{
		{Key: rs, KeyID: uuid.NewString(), Algorithm: string(jose.RS256), Use: "sig"},
		{Key: es, KeyID: uuid.NewString(), Algorithm: string(jose.ES256), Use: "sig"},
	}
}

// published is the key set, with public keys only.
func (i *Issuer) published() (set jose.JSONWebKeySet) {
	for _, key := range i.current() {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

// configuration is the discovery document: https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
func (i *Issuer) configuration() any {
	return map[string]any{
		"issuer": i.URL(), "jwks_uri": i.URL() + "/jwks", "token_endpoint": i.URL() + "/token",
		"grant_types_supported": []string{"client_credentials"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
		"id_token_signing_alg_values_supported": []jose.SignatureAlgorithm{jose.RS256, jose.ES256},
		"response_types_supported":              []string{}, "subject_types_supported": []string{"public"},
	}
}

// publish serves a document. A test can let it fail with a fault of the action.
func (i *Issuer) publish(path, action string, document func() any) {
	i.mux.HandleFunc("GET "+Path+path, func(w http.ResponseWriter, r *http.Request) {
		if err := i.account.Faults.Before(r.Context(), fault.Event{Action: action, Resource: i.URL() + path, Principal: "anonymous"}); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		write(w, http.StatusOK, document())
	})
}

// token issues a token to the administrator, whose key is the client's id and secret. The parameters are account (the claim sub),
// scope, and expires_in (seconds): https://www.rfc-editor.org/rfc/rfc6749#section-4.4
func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	if subtle.ConstantTimeCompare([]byte(id+"\x00"+secret), []byte(i.admin.AccessKeyID+"\x00"+i.admin.SecretAccessKey)) == 0 {
		w.Header().Set("WWW-Authenticate", `Basic realm="oidc"`)
		write(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	seconds, err := int(lifetime/time.Second), r.ParseForm()
	if text := r.PostForm.Get("expires_in"); text != "" && err == nil {
		seconds, err = strconv.Atoi(text)
	}
	if err != nil || r.PostForm.Get("grant_type") != "client_credentials" || r.PostForm.Get("account") == "" ||
		seconds < 1 || seconds > int(maxLifetime/time.Second) {
		write(w, http.StatusBadRequest, map[string]string{"error": "invalid_request", "error_description": fmt.Sprintf(
			"grant_type=client_credentials and an account are required; expires_in is from 1 to %.0f seconds", maxLifetime.Seconds())})
		return
	}
	claims := map[string]any{"sub": r.PostForm.Get("account"), "exp": time.Now().Unix() + int64(seconds)}
	if scope := r.PostForm.Get("scope"); scope != "" {
		claims["scope"] = scope
	}
	text, err := i.Mint(jose.RS256, claims)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, http.StatusOK, map[string]any{"access_token": text, "token_type": "Bearer", "expires_in": seconds})
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may have disconnected
}
