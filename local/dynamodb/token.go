package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	// tokenLife is how long after its transaction a ClientRequestToken makes a repetition idempotent.
	tokenLife = 10 * time.Minute
	maxToken  = 36
)

// tokens are those of transactions that succeeded. SDKs put a token into every transaction.
type tokens struct {
	mu    sync.Mutex
	known map[string]tokenUse
	swept time.Time // when expired ones were removed
}

type tokenUse struct {
	request [sha256.Size]byte
	expires time.Time
}

// once runs a transaction, unless it repeats one that has succeeded. Transactions with a token wait for each other. The token of
// one that failed may be used again.
func (t *tokens) once(in *transactWriteInput, now time.Time, run func() error) error {
	token := in.ClientRequestToken
	if token == "" {
		return run()
	}
	if len(token) > maxToken {
		return invalid("ClientRequestToken must have at most %d characters, got %q", maxToken, token)
	}
	items, err := json.Marshal(in.TransactItems)
	if err != nil {
		return fmt.Errorf("fingerprinting a transaction: %w", err)
	}
	request := sha256.Sum256(items)
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.swept) > tokenLife {
		maps.DeleteFunc(t.known, func(_ string, use tokenUse) bool { return now.After(use.expires) })
		t.swept = now
	}
	if use, ok := t.known[token]; ok && !now.After(use.expires) {
		if use.request != request {
			return wire.Errorf(http.StatusBadRequest, "IdempotentParameterMismatchException",
				"The request uses the same client token as a previous, but non-identical request.")
		}
		return nil
	}
	if err := run(); err != nil {
		return err
	}
	t.known[token] = tokenUse{request, now.Add(tokenLife)}
	return nil
}
