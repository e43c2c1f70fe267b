package integration_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

// token returns the header Authorization with a token of the cloud's issuer. claims replace the usual ones or add to them.
func token(t *testing.T, account string, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"sub": account}
	maps.Copy(all, claims)
	text, err := embedded(t).OIDC.Mint(jose.RS256, all)
	require.NoError(t, err)
	return "Bearer " + text
}

// scopes are the claims of a token with scopes.
func scopes(list string) map[string]any { return map[string]any{"scope": list} }

// forged returns a header Authorization with a token that the cloud's issuer did not sign. sign signs the first two parts.
func forged(t *testing.T, header map[string]any, sign func(text string) []byte) string {
	t.Helper()
	parts := make([]string, 2)
	claims := map[string]any{
		"iss": embedded(t).OIDC.URL(), "aud": "order-patterns", "sub": "a0", "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
	}
	for i, part := range []map[string]any{header, claims} {
		text, err := json.Marshal(part)
		require.NoError(t, err)
		parts[i] = base64.RawURLEncoding.EncodeToString(text)
	}
	text := strings.Join(parts, ".")
	return "Bearer " + text + "." + base64.RawURLEncoding.EncodeToString(sign(text))
}

// publishedKey is the issuer's public key for RS256.
func publishedKey(t *testing.T) jose.JSONWebKey {
	t.Helper()
	r := call(t, http.MethodGet, embedded(t).OIDC.URL()+"/jwks", "")
	require.Equal(t, http.StatusOK, r.status, r.body)
	var set jose.JSONWebKeySet
	require.NoError(t, json.Unmarshal([]byte(r.body), &set))
	for _, key := range set.Keys {
		if key.Algorithm == string(jose.RS256) {
			return key
		}
	}
	require.Fail(t, "the issuer publishes no key for RS256")
	return jose.JSONWebKey{}
}

// badTokens are headers Authorization that no route may accept, by what is wrong with them.
func badTokens(t *testing.T) map[string]string {
	t.Helper()
	key := publishedKey(t)
	public, err := x509.MarshalPKIXPublicKey(key.Key)
	require.NoError(t, err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	rs256 := func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(nil, other, crypto.SHA256, sum[:])
		require.NoError(t, err)
		return signature
	}
	hs256 := func(secret []byte) func(text string) []byte {
		return func(text string) []byte {
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(text))
			return mac.Sum(nil)
		}
	}
	valid := token(t, "a0", nil)
	return map[string]string{
		"no token":                     "",
		"another scheme":               "Basic YTpi",
		"no JWT":                       "Bearer abc",
		"a signature that was cut":     valid[:len(valid)-10],
		"expired":                      token(t, "a0", map[string]any{"exp": time.Now().Add(-5 * time.Minute).Unix()}),
		"not valid yet":                token(t, "a0", map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"without an expiry":            token(t, "a0", map[string]any{"exp": nil}),
		"another audience":             token(t, "a0", map[string]any{"aud": "another-api"}),
		"another issuer":               token(t, "a0", map[string]any{"iss": "https://login.example.com"}),
		"without an account":           token(t, "a0", map[string]any{"sub": nil}),
		"an unknown key":               forged(t, map[string]any{"alg": "RS256", "kid": "unknown"}, rs256),
		"another key under a known id": forged(t, map[string]any{"alg": "RS256", "kid": key.KeyID}, rs256),
		"alg none":                     forged(t, map[string]any{"alg": "none", "kid": key.KeyID}, func(string) []byte { return nil }),
		"HS256 with the public key":    forged(t, map[string]any{"alg": "HS256", "kid": key.KeyID}, hs256(public)),
		"HS256 with the public key in PEM's armor": forged(t, map[string]any{"alg": "HS256", "kid": key.KeyID}, hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))),
	}
}

// TestTokensDecideWhoMayCall deploys all patterns with auth=jwt, on a cloud of its own.
func TestTokensDecideWhoMayCall(t *testing.T) {
	deployApart(t, map[string]string{"pattern": "all", "auth": "jwt"})
	for _, test := range []struct {
		name string
		run  func(t *testing.T)
	}{
		{"a bad token is 401 on every route", badTokenIsUnauthorized},
		{"nobody places or reads another's order", nobodyPlacesOrReadsAnothersOrder},
		{"staff serve everybody", staffServeEverybody},
		{"balances need their scope, also with a cached answer", balancesNeedTheirScope},
		{"the status of another's order does not tell that it exists", statusOfAnothersOrderIsUnknown},
		{"a gate that is fooled places nobody's order", fooledGatePlacesNoOrder},
		{"preflights need no token", preflightsAreOpen},
		{"rotated keys are fetched", rotatedKeysAreFetched},
		{"cached keys go on while the issuer is down", cachedKeysGoOn},
	} {
		t.Run(test.name, test.run)
	}
}

func badTokenIsUnauthorized(t *testing.T) {
	routes := allRoutes("a0")
	for name, bad := range badTokens(t) {
		t.Run(name, func(t *testing.T) {
			for _, r := range routes {
				got := r.call(t, bad)
				requireRefused(t, r, got, http.StatusUnauthorized, "token")
				require.Equal(t, "Bearer", strings.Fields(got.header.Get("WWW-Authenticate") + " -")[0], r)
			}
		})
	}
}

func nobodyPlacesOrReadsAnothersOrder(t *testing.T) {
	mine, yours := newAccount(), newAccount()
	me, you := token(t, mine, nil), token(t, yours, nil)
	for _, r := range allRoutes(yours) {
		if r.balances || strings.HasSuffix(r.url, "/status") {
			continue
		}
		requireRefused(t, r, r.call(t, me), http.StatusForbidden, "")
	}
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		place(t, url, newOrder(mine, "v0", time.Now()), "Authorization", me)
		eventually(t, "the order can be read by its owner", func() bool {
			return call(t, http.MethodGet, url+"/order?vendorid=v0&accountid="+mine, "", "Authorization", me).status == http.StatusOK &&
				call(t, http.MethodGet, url+"/invoice?accountid="+mine, "", "Authorization", me).status == http.StatusOK
		})
		for _, path := range []string{"/order?vendorid=v0&accountid=" + mine, "/invoice?accountid=" + mine} {
			existing := call(t, http.MethodGet, url+path, "", "Authorization", you)
			require.Equal(t, http.StatusForbidden, existing.status, existing.body)
			unknown := call(t, http.MethodGet, url+strings.ReplaceAll(path, mine, newAccount()), "", "Authorization", you)
			require.Equal(t, existing.body, unknown.body, "a refusal does not tell what exists")
			require.Equal(t, existing.status, unknown.status)
		}
		none := call(t, http.MethodGet, url+"/order?vendorid=v0&accountid="+yours, "", "Authorization", you)
		require.Equal(t, http.StatusNotFound, none.status, "nothing of what was refused was placed: %s", none.body)
	})
}

func staffServeEverybody(t *testing.T) {
	account := newAccount()
	staff := token(t, "robot", scopes("orders:any balances:write"))
	for _, r := range allRoutes(account) {
		got := r.call(t, staff)
		require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, got.status, "%s: %s", r, got.body)
	}
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		eventually(t, "the order is stored", func() bool {
			return call(t, http.MethodGet, url+"/order?vendorid=v0&accountid="+account, "", "Authorization", staff).status == http.StatusOK
		})
	})
}

func balancesNeedTheirScope(t *testing.T) {
	c := checkerPattern(t)
	customer := newAccount()
	set := func(authorization string) response {
		return call(t, http.MethodPost, c.URL+"/account", `{"customerId":"`+customer+`","balance":1}`, append(c.header(), "Authorization", authorization)...)
	}
	capture := func(authorization string) response {
		return call(t, http.MethodPost, c.URL+"/order", checkerOrder(customer, "p0", 1, "1"), append(c.header(), "Authorization", authorization)...)
	}
	for name, order := range map[string][2]func(string) response{"first an order": {capture, set}, "first a balance": {set, capture}} {
		t.Run(name, func(t *testing.T) {
			without, with := token(t, customer, nil), token(t, customer, scopes("balances:write"))
			for range 2 { // the second time with the answer that API Gateway has cached
				for i, status := range map[int]int{0: http.StatusOK, 1: http.StatusForbidden} {
					if name == "first a balance" {
						i = 1 - i
					}
					require.Equal(t, status, order[i](without).status)
				}
			}
			require.Equal(t, http.StatusOK, capture(with).status)
			require.Equal(t, http.StatusAccepted, set(with).status)
		})
	}
	requireRefused(t, apiRoute{pattern: "checker"}, set(token(t, customer, nil)), http.StatusForbidden, "")
}

func statusOfAnothersOrderIsUnknown(t *testing.T) {
	c := checkerPattern(t)
	mine := newAccount()
	me := token(t, mine, nil)
	key := []string{"Authorization", me, "Idempotency-Key", "the-same-key-for-everybody"}
	placed := c.post(t, "/order", checkerOrder(mine, "p0", 1, "1"), key...)
	require.Equal(t, http.StatusOK, placed.status, placed.body)
	var order struct{ OrderID string }
	decode(t, placed.body, &order)
	status := func(id, authorization string) response {
		return call(t, http.MethodGet, c.URL+"/order/"+id+"/status", "", append(c.header(), "Authorization", authorization)...)
	}
	require.Equal(t, http.StatusOK, status(order.OrderID, me).status)
	yours := newAccount()
	you := token(t, yours, nil)
	unknown := status("unknown", you)
	require.Equal(t, unknown, sameDate(status(order.OrderID, you), unknown))
	require.Equal(t, http.StatusNotFound, status(order.OrderID, you).status)
	require.Equal(t, http.StatusOK, status(order.OrderID, token(t, "robot", scopes("orders:any"))).status)

	// A key of mine is no key of yours.
	key[1] = you
	again := c.post(t, "/order", checkerOrder(yours, "p0", 1, "1"), key...)
	require.Equal(t, http.StatusOK, again.status, again.body)
	require.NotContains(t, again.body, order.OrderID)
}

// sameDate returns a response with the headers of another, which differ for each request.
func sameDate(r, other response) response {
	r.header = other.header
	return r
}

// API Gateway compares the last of two equal keys, or the first: AWS does not document which. The machine accepts neither.
func fooledGatePlacesNoOrder(t *testing.T) {
	o := orchestrator(t)
	mine, yours := newAccount(), newAccount()
	body := newOrder(mine, "v0", time.Now()).body()
	for _, keys := range []string{`"accountid":"` + yours + `","accountid":"` + mine + `"`, `"accountid":"` + mine + `","accountid":"` + yours + `"`} {
		twice := strings.Replace(body, `"accountid":"`+mine+`"`, keys, 1)
		r := call(t, http.MethodPost, o.URL+"/order", twice, "Authorization", token(t, mine, nil))
		if r.status == http.StatusForbidden {
			continue
		}
		require.Equal(t, http.StatusAccepted, r.status, r.body)
		refusedByTheMachine(t, o.URL, r)
	}
	staff := token(t, "robot", scopes("orders:any"))
	for _, account := range []string{mine, yours} {
		r := call(t, http.MethodGet, o.URL+"/order?vendorid=v0&accountid="+account, "", "Authorization", staff)
		require.Equal(t, http.StatusNotFound, r.status, r.body)
	}
}

func rotatedKeysAreFetched(t *testing.T) {
	account := newAccount()
	before := token(t, account, nil)
	r := allRoutes(account)[0]
	require.Less(t, r.call(t, before).status, 300)
	embedded(t).OIDC.Rotate(true)
	after := token(t, account, nil)
	eventually(t, "a token of the new key is accepted", func() bool { return r.call(t, after).status < 300 })
	require.Less(t, r.call(t, token(t, account, nil)).status, 300)
}

func cachedKeysGoOn(t *testing.T) {
	account := newAccount()
	routes := allRoutes(account)
	for _, r := range routes { // after that, each API's function has the keys
		eventually(t, "the token is accepted", func() bool { return r.call(t, token(t, account, nil)).status != http.StatusUnauthorized })
	}
	down := wire.Errorf(http.StatusServiceUnavailable, "ServiceUnavailable", "the issuer is down")
	for _, action := range []string{"oidc:GetConfiguration", "oidc:GetKeys"} {
		inject(t, fault.Rule{Action: action, Do: fail(down)})
	}
	known := token(t, account, nil)
	embedded(t).OIDC.Rotate(false)
	unknown := token(t, account, nil)
	for _, r := range routes {
		if r.balances {
			continue
		}
		require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, r.call(t, known).status, r)
		requireRefused(t, r, r.call(t, unknown), http.StatusUnauthorized, "token")
	}
}
