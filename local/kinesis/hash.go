package kinesis

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"math/big"
)

// hash is a hash key: a number of 128 bits, the highest byte first.
type hash [md5.Size]byte

var maxHash = hashOfNumber(new(big.Int).Sub(hashKeys, big.NewInt(1)))

// hashKeys is how many there are.
var hashKeys = new(big.Int).Lsh(big.NewInt(1), 8*md5.Size)

// hashOf is where a partition key falls: its MD5 sum.
func hashOf(partitionKey string) hash { return md5.Sum([]byte(partitionKey)) }

func hashOfNumber(n *big.Int) (h hash) {
	n.FillBytes(h[:])
	return h
}

// parseHash reads a number of at most 128 bits, without sign and leading zeros.
func parseHash(text string) (h hash, ok bool) {
	n, ok := new(big.Int).SetString(text[:min(len(text), len(maxHash.String())+1)], 10)
	if !ok || n.Sign() < 0 || n.Cmp(hashKeys) >= 0 || n.String() != text {
		return hash{}, false
	}
	return hashOfNumber(n), true
}

func (h hash) number() *big.Int { return new(big.Int).SetBytes(h[:]) }

func (h hash) String() string { return h.number().String() }

func (h hash) less(o hash) bool { return bytes.Compare(h[:], o[:]) < 0 }

func (h hash) plus(n int64) hash {
	sum := h.number()
	return hashOfNumber(sum.Add(sum, big.NewInt(n)))
}

// share is where the i-th of n equal ranges starts; i is less than n.
func share(i, n int) hash {
	start := new(big.Int).Mul(hashKeys, big.NewInt(int64(i)))
	return hashOfNumber(start.Div(start, big.NewInt(int64(n))))
}

// sequence is the content of a sequence number. Numbers grow within a shard, and from a shard to its children.
type sequence struct {
	epoch int64  // when the shard was made, in seconds since 1970
	place uint64 // 1 for the first record of a shard; 0 for its start, lastPlace for its end
	shard uint32
}

const (
	lastPlace    = 1<<63 - 1
	sequenceForm = "4%011d%019d%010d" // of one length, so that numbers compare as texts
)

func (q sequence) String() string { return fmt.Sprintf(sequenceForm, q.epoch, q.place, q.shard) }

func parseSequence(text string) (q sequence, ok bool) {
	_, err := fmt.Sscanf(text, sequenceForm, &q.epoch, &q.place, &q.shard)
	return q, err == nil && q.String() == text
}
