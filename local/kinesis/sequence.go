package kinesis

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
