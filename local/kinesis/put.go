package kinesis

import (
	"unicode/utf8"
)

const (
	maxPutRecords = 500
	maxPutBytes   = 10 << 20 // of data and partition keys
	maxKey        = 256      // characters
)

// recordInput is one record to put. Its size is that of the data and the key.
type recordInput struct {
	Data            []byte
	PartitionKey    string
	ExplicitHashKey *string
}

// check returns the record's hash key and its size in bytes.
func (r *recordInput) check() (h hash, size int, err error) {
	if r.Data == nil {
		return h, 0, invalidMember("Data", "is required")
	}
	key := r.PartitionKey
	if n := utf8.RuneCountInString(key); n < 1 || n > maxKey {
		return h, 0, invalidMember("PartitionKey", "must have 1 to %d characters, got %d", maxKey, n)
	}
	if size = len(r.Data) + len(key); size > maxRecord {
		return h, 0, invalid("A record with its partition key must have at most %d bytes, got %d.", maxRecord, size)
	}
	if r.ExplicitHashKey == nil {
		return hashOf(key), size, nil
	}
	h, ok := parseHash(*r.ExplicitHashKey)
	if !ok {
		return h, 0, invalid("ExplicitHashKey must be from 0 to 2^128-1, got %q.", *r.ExplicitHashKey)
	}
	return h, size, nil
}

func (s *Service) putOne(st *stream, in *recordInput) (*shard, sequence, error) {
	h, size, err := in.check()
	if err != nil {
		return nil, sequence{}, err
	}
	sh, q, err := st.put(s.account.Clock.Now(), h, in.PartitionKey, in.Data, nil)
	s.countPut(st.name, size, err)
	return sh, q, err
}
