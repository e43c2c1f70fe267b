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

// sequence is the content of a sequence number. The number has the layout of AWS, as far as it is known: 2, epoch, the
// shard's last hexadecimal digit, place, a zero byte, time, shard, 2. Numbers grow within a shard, and from a shard to
// its children.
type sequence struct {
	epoch int64  // when the shard was made, in seconds since 1970
	place uint64 // 1 for the first record of a shard; 0 for its start, lastPlace for its end
	time  int64  // when the record arrived, in seconds since 1970
	shard uint32
}

const (
	lastPlace     = 1<<63 - 1
	sequenceForm  = 2 // the first and the last hexadecimal digit
	sequenceTimes = 1<<36 - 1
)

func (q sequence) String() string {
	e, t := uint64(q.epoch)&sequenceTimes, uint64(q.time)&sequenceTimes
	return decimal(
		sequenceForm<<56|e<<20|uint64(q.shard&15)<<16|q.place>>48,
		q.place<<16|t>>28,
		t<<36|uint64(q.shard)<<4|sequenceForm,
	)
}

func parseSequence(text string) (sequence, bool) {
	w, ok := parseDecimal(text)
	q := sequence{
		epoch: int64(w[0] >> 20 & sequenceTimes),
		place: w[0]<<48 | w[1]>>16,
		time:  int64((w[1]<<28 | w[2]>>36) & sequenceTimes),
		shard: uint32(w[2] >> 4),
	}
	return q, ok && w[0]>>56 == sequenceForm && w[2]&15 == sequenceForm && q.place <= lastPlace
}
