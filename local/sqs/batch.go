package sqs

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxEntries   = 10      // of a batch
	maxBatchSize = 1 << 20 // bytes
)

type batchInput[E any] struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []E
}

type batchOutput[R any] struct {
	Successful []R          `json:",omitempty"`
	Failed     []batchError `json:",omitempty"`
}

type batchError struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// batch does each entry of a batch by itself, so that one can fail alone, if the batch as a whole is in order.
func batch[E, R any](entries []E, id func(*E) string, do func(*E) (R, error)) (*batchOutput[R], error) {
	switch n := len(entries); {
	case n == 0:
		return nil, legacy(http.StatusBadRequest, "EmptyBatchRequest", "There should be at least one entry in the request.")
	case n > maxEntries:
		return nil, legacy(http.StatusBadRequest, "TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxEntries, n)
	}
	seen := map[string]bool{}
	for i := range entries {
		switch name := id(&entries[i]); {
		case !entryID.MatchString(name):
			return nil, legacy(http.StatusBadRequest, "InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		case seen[name]:
			return nil, legacy(http.StatusBadRequest, "BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		default:
			seen[name] = true
		}
	}
	out := &batchOutput[R]{}
	for i := range entries {
		r, err := do(&entries[i])
		if err == nil {
			out.Successful = append(out.Successful, r)
			continue
		}
		var failed *wire.Error
		if !errors.As(err, &failed) {
			return nil, err
		}
		out.Failed = append(out.Failed, batchError{id(&entries[i]), true, failed.Query, failed.Message})
	}
	return out, nil
}
