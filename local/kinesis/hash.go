package kinesis

import (
	"crypto/md5"
	"encoding/binary"
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

func parseHash(text string) (hash, bool) {
	w, ok := parseDecimal(text)
	return hash{w[1], w[2]}, ok && w[0] == 0
}

func (h hash) String() string { return decimal(h.hi, h.lo) }

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

// decimal formats an unsigned number that is given in words, the most significant word first.
func decimal(words ...uint64) string {
	var b []byte
	for _, w := range words {
		b = binary.BigEndian.AppendUint64(b, w)
	}
	return new(big.Int).SetBytes(b).String()
}

// parseDecimal reads a number of at most 192 bits, without sign and leading zeros, as words: the most significant first.
func parseDecimal(text string) (w [3]uint64, ok bool) {
	const maxDigits = 58 // of 192 bits
	n, ok := new(big.Int).SetString(text[:min(len(text), maxDigits)], 10)
	if !ok || n.BitLen() > 192 || n.String() != text {
		return w, false
	}
	b := n.FillBytes(make([]byte, 24))
	for i := range w {
		w[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return w, n.Sign() >= 0
}
