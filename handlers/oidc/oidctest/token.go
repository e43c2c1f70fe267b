package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// Key is a key pair of an issuer.
type Key struct {
	ID      string
	private crypto.Signer
}

// NewKey creates a key for tokens of an algorithm: RS256, PS256 (the same kind), ES256, ES384 or EdDSA.
func NewKey(t testing.TB, id, algorithm string) Key {
	t.Helper()
	var private crypto.Signer
	var err error
	switch algorithm {
	case "RS256", "PS256":
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		t.Fatalf("algorithm %s", algorithm)
	}
	require.NoError(t, err)
	return Key{id, private}
}

// JWK returns the public key in the format of a key set, with more members.
func (k Key) JWK(more map[string]any) map[string]any {
	jwk := map[string]any{"kid": k.ID, "use": "sig"}
	switch public := k.private.Public().(type) {
	case *rsa.PublicKey:
		maps.Copy(jwk, map[string]any{"kty": "RSA", "n": encode(public.N.Bytes()), "e": encode(big.NewInt(int64(public.E)).Bytes())})
	case *ecdsa.PublicKey:
		size := (public.Curve.Params().BitSize + 7) / 8
		point, _ := public.Bytes()
		maps.Copy(jwk, map[string]any{"kty": "EC", "crv": public.Curve.Params().Name, "x": encode(point[1 : 1+size]), "y": encode(point[1+size:])})
	case ed25519.PublicKey:
		maps.Copy(jwk, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encode(public)})
	}
	maps.Copy(jwk, more)
	return jwk
}

// Token returns a token. A nil header is omitted; the key's id and the type at+jwt are added. It does not use the library that verifies
// tokens.
func (k Key) Token(t testing.TB, algorithm string, header, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"alg": algorithm, "typ": "at+jwt", "kid": k.ID}
	maps.Copy(all, header)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	input := encodeJSON(t, all) + "." + encodeJSON(t, claims)
	return input + "." + encode(k.sign(t, algorithm, []byte(input)))
}

// Raw returns a token with this text as its claims.
func (k Key) Raw(t testing.TB, algorithm, claims string) string {
	t.Helper()
	input := encodeJSON(t, map[string]any{"alg": algorithm, "kid": k.ID}) + "." + encode([]byte(claims))
	return input + "." + encode(k.sign(t, algorithm, []byte(input)))
}

func (k Key) sign(t testing.TB, algorithm string, input []byte) (signature []byte) {
	t.Helper()
	digest := sha256.Sum256(input)
	var err error
	switch algorithm {
	case "RS256":
		signature, err = k.private.Sign(rand.Reader, digest[:], crypto.SHA256)
	case "PS256":
		signature, err = k.private.Sign(rand.Reader, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	case "ES256":
		signature = ecSignature(t, k.private, digest[:], 32)
	case "ES384":
		digest := sha512.Sum384(input)
		signature = ecSignature(t, k.private, digest[:], 48)
	case "EdDSA":
		signature, err = k.private.Sign(rand.Reader, input, crypto.Hash(0))
	case "none":
	default:
		t.Fatalf("algorithm %s", algorithm)
	}
	require.NoError(t, err)
	return signature
}

func ecSignature(t testing.TB, private crypto.Signer, digest []byte, size int) []byte {
	t.Helper()
	r, s, err := ecdsa.Sign(rand.Reader, private.(*ecdsa.PrivateKey), digest)
	require.NoError(t, err)
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
}

// Shared returns a token that is signed by HS256 with a shared secret.
func Shared(t testing.TB, secret []byte, header, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"alg": "HS256", "typ": "at+jwt"}
	maps.Copy(all, header)
	input := encodeJSON(t, all) + "." + encodeJSON(t, claims)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + encode(mac.Sum(nil))
}

// Public returns the public key.
func (k Key) Public() crypto.PublicKey { return k.private.Public() }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encodeJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return encode(text)
}
