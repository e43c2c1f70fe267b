package kinesis

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
	"time"
)

// wide is an unsigned number of 192 bits, its least significant word first: room for a sequence number.
type wide [3]uint64

// String is the number in decimal.
func (w wide) String() string {
	const chunk, digits = 1e19, 19 // what fits into a word
	var text [4 * digits]byte
	i := len(text)
	for w != (wide{}) {
		var rest uint64
		for word := 2; word >= 0; word-- {
			w[word], rest = bits.Div64(rest, w[word], chunk)
		}
		for range digits {
			i--
			text[i] = '0' + byte(rest%10)
			rest /= 10
		}
	}
	for i < len(text) && text[i] == '0' {
		i++
	}
	if i == len(text) {
		return "0"
	}
	return string(text[i:])
}

// parseWide reads a decimal number without leading zeros.
func parseWide(text string) (w wide, ok bool) {
	if text == "" || (text[0] == '0' && len(text) > 1) {
		return w, false
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return w, false
		}
		carry := uint64(c - '0')
		for word := range w {
			hi, lo := bits.Mul64(w[word], 10)
			var over uint64
			w[word], over = bits.Add64(lo, carry, 0)
			carry = hi + over
		}
		if carry != 0 {
			return w, false
		}
	}
	return w, true
}

// hash is a hash key: a number of 128 bits.
type hash struct{ hi, lo uint64 }

var maxHash = hash{1<<64 - 1, 1<<64 - 1}

// hashOf is where a partition key falls: its MD5 sum.
func hashOf(partitionKey string) hash {
	sum := md5.Sum([]byte(partitionKey))
	return hash{binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])}
}

func parseHash(text string) (hash, bool) {
	w, ok := parseWide(text)
	return hash{w[1], w[0]}, ok && w[2] == 0
}

func (h hash) String() string { return wide{h.lo, h.hi}.String() }

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

// sequence is what a sequence number says. Written as a number it is made up as AWS does, so far as that is known: 2,
// epoch, the shard's last hexadecimal digit, place, a zero byte, time, shard, 2. So it grows within a shard, and from
// a shard to those that a split or merge makes of it.
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
	return wide{
		t<<36 | uint64(q.shard)<<4 | sequenceForm,
		q.place<<16 | t>>28,
		sequenceForm<<56 | e<<20 | uint64(q.shard&15)<<16 | q.place>>48,
	}.String()
}

func parseSequence(text string) (sequence, bool) {
	w, ok := parseWide(text)
	q := sequence{
		epoch: int64(w[2] >> 20 & sequenceTimes),
		place: w[2]<<48 | w[1]>>16,
		time:  int64((w[1]<<28 | w[0]>>36) & sequenceTimes),
		shard: uint32(w[0] >> 4),
	}
	return q, ok && w[2]>>56 == sequenceForm && w[0]&15 == sequenceForm && q.place <= lastPlace
}

// bucket holds what may be used at once, and is filled up at a steady rate. It starts full.
type bucket struct {
	used  float64 // of its size, at the time at; negative never
	at    time.Time
	size  float64
	speed float64 // per second
}

func newBucket(size, speed float64) bucket { return bucket{size: size, speed: speed} }

// left is how much there is now; negative for a debt.
func (b *bucket) left(now time.Time) float64 {
	if passed := now.Sub(b.at); passed > 0 {
		b.used, b.at = max(0, b.used-passed.Seconds()*b.speed), now
	}
	return b.size - b.used
}

// take uses n, which may leave a debt.
func (b *bucket) take(n float64) { b.used += n }
