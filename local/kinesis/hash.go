package kinesis

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/bits"
)

// hash is a hash key: a number of 128 bits.
type hash struct{ hi, lo uint64 }

var maxHash = hash{1<<64 - 1, 1<<64 - 1}

// hashOf is where a partition key falls: its MD5 sum.
func hashOf(partitionKey string) hash {
	sum := md5.Sum([]byte(partitionKey))
	return hash{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

// parseHash reads a number of at most 128 bits, without sign and leading zeros.
func parseHash(text string) (h hash, ok bool) {
	n, ok := new(big.Int).SetString(text[:min(len(text), len(maxHash.String())+1)], 10)
	if !ok || n.Sign() < 0 || n.BitLen() > 128 || n.String() != text {
		return hash{}, false
	}
	b := n.FillBytes(make([]byte, 16))
	return hash{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}, true
}

func (h hash) String() string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, h.hi), h.lo)
	return new(big.Int).SetBytes(b).String()
}

func (h hash) less(o hash) bool { return h.hi < o.hi || (h.hi == o.hi && h.lo < o.lo) }

func (h hash) plusOne() hash {
	lo, carry := bits.Add64(h.lo, 1, 0)
	return hash{h.hi + carry, lo}
}

func (h hash) minusOne() hash {
	lo, borrow := bits.Sub64(h.lo, 1, 0)
	return hash{h.hi - borrow, lo}
}

// share is where the i-th of n equal ranges starts; i is less than n.
func share(i, n int) hash {
	hi, rest := bits.Div64(uint64(i), 0, uint64(n))
	lo, _ := bits.Div64(rest, 0, uint64(n))
	return hash{hi, lo}
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
