package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxTransactItems = 100
	maxTransactSize  = 4 << 20
	// A transaction reads or writes every item twice, to prepare and to commit.
	transactionCost = 2
)

// transactWriteItem is one action of a transaction.
type transactWriteItem struct {
	Put, Update, Delete *writeInput `json:",omitempty"`
}

type transactWriteInput struct {
	TransactItems      []transactWriteItem
	ClientRequestToken string
}

type cancellationReason struct {
	Code    string
	Message string `json:",omitempty"`
	Item    Map    `json:",omitempty"`
}

// reasonCodes are the errors of one action that cancel the transaction, and what they are called then.
var reasonCodes = map[string]string{
	"ConditionalCheckFailedException":        "ConditionalCheckFailed",
	"ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
	"ThrottlingException":                    "ThrottlingError",
	"TransactionConflictException":           "TransactionConflict",
	"ValidationException":                    "ValidationError",
}

type reasons struct {
	list      []cancellationReason
	cancelled bool
}

// add records an action's outcome; an error that is no reason to cancel is returned.
func (r *reasons) add(err error) error {
	reason := cancellationReason{Code: "None"}
	if err != nil {
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || reasonCodes[e.Code] == "" {
			return err
		}
		reason.Code, reason.Message = reasonCodes[e.Code], e.Message
		reason.Item, _ = e.Fields["Item"].(Map)
		r.cancelled = true
	}
	r.list = append(r.list, reason)
	return nil
}

func (r *reasons) err() error {
	if !r.cancelled {
		return nil
	}
	codes := make([]string, len(r.list))
	for i, reason := range r.list {
		codes[i] = reason.Code
	}
	e := wire.Errorf(http.StatusBadRequest, "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]", strings.Join(codes, ", "))
	e.Fields = map[string]any{"CancellationReasons": r.list}
	return e
}

// transactWriteItems applies all actions or none.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (s *Service) transactWriteItems(c *wire.Call, in *transactWriteInput) (*struct{}, error) {
	if n := len(in.TransactItems); n < 1 || n > maxTransactItems {
		return nil, invalid("TransactItems must have from 1 to %d members, got %d", maxTransactItems, n)
	}
	mutations, err := s.transactMutations(c, in.TransactItems)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, s.tokens.once(in, s.account.Clock.Now(), func() error { return s.commit(mutations) })
}

// transactMutations authorizes and checks every action. Faults injected into one of them become reasons.
func (s *Service) transactMutations(c *wire.Call, items []transactWriteItem) ([]*mutation, error) {
	type target struct {
		table *table
		at    position
	}
	var mutations []*mutation
	var faults reasons
	seen := map[target]bool{}
	bytes := 0
	for _, item := range items {
		kind, w, err := item.action()
		if err != nil {
			return nil, err
		}
		name, err := s.authorize(c, string(kind), w.TableName, wire.With{Keys: map[string]string{"dynamodb:EnclosingOperation": "TransactWriteItems"}})
		if wire.Code(err) == "ValidationException" {
			return nil, err
		}
		if err := faults.add(err); err != nil {
			return nil, err
		}
		t, err := s.table(name, noTable)
		if err == nil {
			err = s.useKey(c, t)
		}
		if err != nil {
			return nil, err
		}
		m, err := w.mutation(kind, t)
		if err != nil {
			return nil, err
		}
		if seen[target{t, m.after.position}] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[target{t, m.after.position}] = true
		if bytes += m.after.size; bytes > maxTransactSize {
			return nil, invalid("Transaction request size has exceeded the maximum allowed size of 4 MB")
		}
		mutations = append(mutations, m)
	}
	return mutations, faults.err()
}

// action returns the one member that is set, and its kind.
func (i transactWriteItem) action() (kind mutationKind, w *writeInput, err error) {
	set := 0
	for k, action := range map[mutationKind]*writeInput{putItem: i.Put, updateItem: i.Update, deleteItem: i.Delete} {
		if action != nil {
			set++
			kind, w = k, action
		}
	}
	switch {
	case set != 1:
		return kind, w, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	case kind == updateItem && w.UpdateExpression == nil:
		return kind, w, missing("UpdateExpression")
	}
	return kind, w, nil
}

// commit prepares all mutations under the locks of all their tables and commits them if none fails.
func (s *Service) commit(mutations []*mutation) error {
	tables := make([]*table, len(mutations))
	for i, m := range mutations {
		tables[i] = m.table
	}
	defer lockAll(tables)()
	now := s.account.Clock.Now()
	var outcome reasons
	for _, m := range mutations {
		err := m.prepare()
		if err == nil && !m.table.consume(&m.table.writes, now, transactionCost*m.units()) {
			err = Throttled()
		}
		if err := outcome.add(err); err != nil {
			return err
		}
	}
	if err := outcome.err(); err != nil {
		return err
	}
	for _, m := range mutations {
		m.commit()
	}
	return nil
}

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
