package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/order/strictjson"
)

const (
	// MaxAge is how long a key is used after it was fetched. This is also how long a key is used that the issuer withdrew. While the issuer
	// cannot be reached, older keys are used.
	MaxAge = time.Hour
	// FetchInterval and FetchBurst limit how often the keys are fetched, for any key ids in tokens: at most FetchBurst times at once, and
	// then once per FetchInterval.
	FetchInterval = 10 * time.Second
	FetchBurst    = 5
)

// ErrNoKeys means that a token's key is not known, and that the issuer's keys could not be fetched.
var ErrNoKeys = errors.New("the key is not known, and the issuer's keys cannot be fetched")

// key is a public key, with the algorithms that it may verify.
type key struct {
	public     any
	algorithms []jose.SignatureAlgorithm
}

// keySet is a cache of the issuer's keys. No goroutine refreshes it: a function is frozen between events.
type keySet struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex // one fetch at a time; other callers wait for its result
	keys    map[string]key
	fetched time.Time // time of the last successful fetch
	limit   *rate.Limiter
	failure error // of the last fetch
}

func newKeySet(issuer string, client *http.Client, now func() time.Time) *keySet {
	return &keySet{issuer: issuer, client: client, now: now, limit: rate.NewLimiter(rate.Every(FetchInterval), FetchBurst)}
}

// find returns the key with this id. It fetches the keys if they are too old, or if there is no such key: an issuer that changes its keys
// publishes the new one under a new id.
func (s *keySet) find(ctx context.Context, id string) (key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.keys[id]
	if known && s.now().Sub(s.fetched) < MaxAge {
		return k, nil
	}
	if s.limit.AllowN(s.now(), 1) {
		s.refresh(ctx)
		if fresh, found := s.keys[id]; found {
			return fresh, nil
		}
		known = false
	}
	switch {
	case known:
		return k, nil
	case s.failure != nil:
		return key{}, ErrNoKeys
	}
	return key{}, fmt.Errorf("the key %s is unknown", strictjson.Show(id))
}

// refresh fetches the keys. If that fails, it keeps the existing ones.
func (s *keySet) refresh(ctx context.Context) {
	set, err := fetch(ctx, s.client, s.issuer)
	if s.failure = err; err != nil {
		slog.ErrorContext(ctx, "the issuer's keys were not fetched", "issuer", s.issuer, "cached", len(s.keys), "error", err)
		return
	}
	s.keys, s.fetched = map[string]key{}, s.now()
	for _, k := range set {
		if algorithms := algorithmsOf(k); algorithms != nil {
			s.keys[k.KeyID] = key{k.Key, algorithms}
		}
	}
	slog.InfoContext(ctx, "the issuer's keys were fetched", "issuer", s.issuer, "keys", len(s.keys))
}

// algorithmsOf returns the algorithms that a key may verify. It returns nil for a key that is not for signatures, is not a public key, or
// has no id. If the key names its algorithm, that is the only one. Otherwise the type of the key decides: the library would also verify
// ES256 by a key on the curve P-384.
func algorithmsOf(k jose.JSONWebKey) (algorithms []jose.SignatureAlgorithm) {
	if k.KeyID == "" || k.Use != "" && k.Use != "sig" {
		return nil
	}
	switch public := k.Key.(type) {
	case *rsa.PublicKey:
		algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
	case *ecdsa.PublicKey:
		switch public.Curve.Params().BitSize {
		case 256:
			algorithms = []jose.SignatureAlgorithm{jose.ES256}
		case 384:
			algorithms = []jose.SignatureAlgorithm{jose.ES384}
		case 521:
			algorithms = []jose.SignatureAlgorithm{jose.ES512}
		}
	case ed25519.PublicKey:
		algorithms = []jose.SignatureAlgorithm{jose.EdDSA}
	}
	if k.Algorithm == "" {
		return algorithms
	}
	for _, a := range algorithms {
		if string(a) == k.Algorithm {
			return []jose.SignatureAlgorithm{a}
		}
	}
	return nil
}
