package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	// tokenLife is how long after its transaction a ClientRequestToken makes a repetition idempotent.
	tokenLife = 10 * time.Minute
	maxToken  = 36
)

type tokens struct {
	mu    sync.Mutex
	known map[string]*tokenUse
	done  []doneToken // in the order in which they expire
}

type tokenUse struct {
	request [sha256.Size]byte
	running bool
}

type doneToken struct {
	token   string
	expires time.Time
}

// forget drops the expired tokens. SDKs put a token into every transaction.
func (t *tokens) forget(now time.Time) {
	gone := 0
	for gone < len(t.done) && now.After(t.done[gone].expires) {
		delete(t.known, t.done[gone].token)
		gone++
	}
	t.done = t.done[gone:]
}

// begin returns whether the transaction repeats one that has succeeded. Unless it returns an error, finish must be called
// with the outcome: the token of a transaction that failed may be used again.
func (t *tokens) begin(in *transactWriteInput, clock clockwork.Clock) (repeated bool, finish func(succeeded bool), err error) {
	token := in.ClientRequestToken
	if token == "" {
		return false, func(bool) {}, nil
	}
	if len(token) > maxToken {
		return false, nil, invalid("ClientRequestToken must have at most %d characters, got %q", maxToken, token)
	}
	items, err := json.Marshal(in.TransactItems)
	if err != nil {
		return false, nil, fmt.Errorf("fingerprinting a transaction: %w", err)
	}
	request := sha256.Sum256(items)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(clock.Now())
	if use, ok := t.known[token]; ok {
		switch {
		case use.request != request:
			return false, nil, wire.Errorf(http.StatusBadRequest, "IdempotentParameterMismatchException",
				"The request uses the same client token as a previous, but non-identical request.")
		case use.running:
			return false, nil, wire.Errorf(http.StatusBadRequest, "TransactionInProgressException",
				"The transaction with the given request token is already in progress.")
		}
		return true, func(bool) {}, nil
	}
	if t.known == nil {
		t.known = map[string]*tokenUse{}
	}
	use := &tokenUse{request: request, running: true}
	t.known[token] = use
	return false, func(succeeded bool) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !succeeded {
			delete(t.known, token)
			return
		}
		use.running = false
		t.done = append(t.done, doneToken{token, clock.Now().Add(tokenLife)})
	}, nil
}
