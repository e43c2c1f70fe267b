// Package oidc is the embedded cloud's OpenID Connect issuer, which stands for the one that an API trusts, such as Cognito or
// Keycloak. It has a discovery document, keys for RS256 and ES256, and a token endpoint for the person at the keyboard.
// Tests mint tokens of any content.
//
// Nobody signs in here: there are no authorization, userinfo or refresh. It serves its path on the endpoint of AWS services, so
// a bucket named oidc cannot be reached by a path.
package oidc

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"encoding/json"
	"errors"
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

	maxLifetime = 24 * 60 * 60 // seconds, of the token endpoint's tokens
)

// Issuer issues tokens and publishes the keys that verify them. It serves everything below Path.
type Issuer struct {
	account *account.Account
	admin   iam.Credentials
	*http.ServeMux

	mu   sync.Mutex
	keys []jose.JSONWebKey // private, the newest first; made when they are needed
}

// New returns an issuer whose token endpoint accepts the administrator's key.
func New(a *account.Account, admin iam.Credentials) *Issuer {
	i := &Issuer{account: a, admin: admin, ServeMux: http.NewServeMux()}
	// https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
	i.publish("/.well-known/openid-configuration", "oidc:GetConfiguration", func() any {
		return map[string]any{
			"issuer": i.URL(), "jwks_uri": i.URL() + "/jwks", "token_endpoint": i.URL() + "/token",
			"grant_types_supported": []string{"client_credentials"}, "token_endpoint_auth_methods_supported": []string{"client_secret_basic"},
			"id_token_signing_alg_values_supported": []jose.SignatureAlgorithm{jose.RS256, jose.ES256},
			"response_types_supported":              []string{}, "subject_types_supported": []string{"public"},
		}
	})
	i.publish("/jwks", "oidc:GetKeys", func() any {
		var set jose.JSONWebKeySet
		for _, key := range i.current() {
			set.Keys = append(set.Keys, key.Public())
		}
		return set
	})
	i.HandleFunc("POST "+Path+"/token", i.token)
	return i
}

// URL is the issuer's identifier, the claim iss of its tokens.
func (i *Issuer) URL() string { return i.account.Endpoint() + Path }

// Rotate makes new keys, which sign from now on. The old ones stay published if keep is set.
func (i *Issuer) Rotate(keep bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	old := i.keys
	if i.keys = newKeys(); keep {
		i.keys = append(i.keys, old...)
	}
}

// Mint signs a token with RS256 or ES256. It has the claims iss, aud (Audience), iat, and exp, which is in an hour; those given
// replace or add to them, and a nil one removes. Times are of the machine, because functions verify by that clock, and not of the cloud.
func (i *Issuer) Mint(algorithm jose.SignatureAlgorithm, claims map[string]any) (string, error) {
	now := time.Now()
	all := map[string]any{"iss": i.URL(), "aud": Audience, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
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
	rs, err1 := rsa.GenerateKey(rand.Reader, 2048)
	es, err2 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2); err != nil {
		panic(err) // crypto/rand does not fail
	}
	return []jose.JSONWebKey{
		{Key: rs, KeyID: uuid.NewString(), Algorithm: string(jose.RS256), Use: "sig"},
		{Key: es, KeyID: uuid.NewString(), Algorithm: string(jose.ES256), Use: "sig"},
	}
}

// publish serves a document. A test can let it fail with a fault of the action.
func (i *Issuer) publish(path, action string, document func() any) {
	i.HandleFunc("GET "+Path+path, func(w http.ResponseWriter, r *http.Request) {
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
	account := r.PostFormValue("account")
	seconds, err := strconv.Atoi(cmp.Or(r.PostFormValue("expires_in"), "3600"))
	if err != nil || seconds < 1 || seconds > maxLifetime || account == "" || r.PostFormValue("grant_type") != "client_credentials" {
		write(w, http.StatusBadRequest, map[string]string{"error": "invalid_request", "error_description": fmt.Sprintf(
			"grant_type=client_credentials and an account are required; expires_in is from 1 to %d seconds", maxLifetime)})
		return
	}
	text, err := i.Mint(jose.RS256, map[string]any{"sub": account, "scope": r.PostFormValue("scope"), "exp": time.Now().Unix() + int64(seconds)})
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
