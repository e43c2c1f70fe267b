package kinesis

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// iterator makes the token of a place in a shard. It contains the stream's creation time, so that it is not valid for a
// later stream of the same name.
func (s *Service) iterator(sh *shard, place uint64, now time.Time) string {
	return s.seal(sh.stream.name, millis(sh.stream.created), sh.id, strconv.FormatUint(place, 10), millis(now))
}

type iteratorInput struct {
	streamInput
	ShardID                string `json:"ShardId"`
	ShardIteratorType      string
	StartingSequenceNumber *string
	Timestamp              *float64
}

type iteratorOutput struct{ ShardIterator string }

var positionTypes = []string{"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}

// position validates the parameters of GetShardIterator.
func (in *iteratorInput) position() (p Position, err error) {
	p.Type = in.ShardIteratorType
	switch {
	case !slices.Contains(positionTypes, p.Type):
		return p, invalidMember("ShardIteratorType", "must be one of %q, got %q", positionTypes, p.Type)
	case strings.HasSuffix(p.Type, "_SEQUENCE_NUMBER") != (in.StartingSequenceNumber != nil):
		return p, invalid("StartingSequenceNumber goes with AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER, and only with those, got %s.", p.Type)
	case in.StartingSequenceNumber != nil:
		p.SequenceNumber = *in.StartingSequenceNumber
	case p.Type == "AT_TIMESTAMP" && in.Timestamp == nil:
		return p, invalid("Timestamp is required for AT_TIMESTAMP.")
	case p.Type == "AT_TIMESTAMP":
		p.Timestamp = fromSeconds(*in.Timestamp)
	}
	return p, nil
}

// getShardIterator resolves the position immediately: LATEST is the place after the current last record.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
func (s *Service) getShardIterator(c *wire.Call, st *stream, in *iteratorInput) (*iteratorOutput, error) {
	p, err := in.position()
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	sh, err := st.find(now, in.ShardID)
	if err != nil {
		return nil, err
	}
	if err := sh.allowIterator(now); err != nil {
		return nil, err
	}
	place, err := sh.find(now, p)
	if err != nil {
		return nil, err
	}
	return &iteratorOutput{s.iterator(sh, place, now)}, nil
}

type getInput struct {
	StreamARN     string
	ShardIterator string
	Limit         *int
}

type getOutput struct {
	Records            []getRecord
	NextShardIterator  *string // null at the end of a closed shard
	MillisBehindLatest int64
}

type getRecord struct {
	SequenceNumber, PartitionKey string
	Data                         []byte
	ApproximateArrivalTimestamp  float64
	EncryptionType               string `json:",omitempty"` // absent without encryption
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
func (s *Service) getRecords(c *wire.Call, in *getInput) (*getOutput, error) {
	fields, ok := s.unseal(in.ShardIterator)
	if !ok {
		return nil, invalid("Invalid ShardIterator.")
	}
	name, id := fields[0], fields[2]
	place, _ := strconv.ParseUint(fields[3], 10, 64) // from a sealed token
	st, err := s.enter(c, "GetRecords", streamInput{name, in.StreamARN})
	if err != nil {
		return nil, err
	}
	limit, err := between(in.Limit, "Limit", maxReadRecords, 1, maxReadRecords)
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	if issued := fromMillis(fields[4]); tooOld(issued, now) {
		return nil, refuse("ExpiredIteratorException", "The shard iterator was created at %s and was valid for %s.", issued.UTC().Format(time.RFC3339), tokenLife)
	}
	if millis(st.created) != fields[1] {
		return nil, errNoShard(name, id)
	}
	sh, err := st.find(now, id)
	if err != nil {
		return nil, err
	}
	f, err := sh.read(now, place, limit, "")
	if err != nil {
		s.countThrottle(name, "GetRecords", err)
		return nil, err
	}
	s.countRead(name, &f, now)
	out := &getOutput{Records: make([]getRecord, len(f.entries)), MillisBehindLatest: f.behind(now)}
	encryption := st.encryption()
	if encryption == "NONE" {
		encryption = ""
	}
	for i, e := range f.entries {
		out.Records[i] = getRecord{f.number(sh, i), e.key, e.data, float64(e.arrived) / 1000, encryption}
	}
	if !f.end {
		next := s.iterator(sh, f.next, now)
		out.NextShardIterator = &next
	}
	return out, nil
}

// tokenLife is how long a shard iterator is valid.
const tokenLife = 5 * time.Minute

const macSize = 16

// seal makes an opaque, authenticated token of fields. No field may contain a slash.
func (s *Service) seal(fields ...string) string {
	text := strings.Join(fields, "/")
	return base64.StdEncoding.EncodeToString(append(s.mac(text), text...))
}

// unseal returns the fields of a token.
func (s *Service) unseal(token string) (fields []string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || !hmac.Equal(b[:macSize], s.mac(string(b[macSize:]))) {
		return nil, false
	}
	return strings.Split(string(b[macSize:]), "/"), true
}

func (s *Service) mac(text string) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)[:macSize]
}

// tooOld reports whether a token has expired. Times in tokens have milliseconds.
func tooOld(issued, now time.Time) bool {
	return now.UnixMilli()-issued.UnixMilli() > tokenLife.Milliseconds()
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// fromMillis is the reverse of millis. The text comes from a sealed token.
func fromMillis(text string) time.Time {
	n, _ := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(n)
}

// seconds is a time in the AWS JSON protocol: seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func fromSeconds(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))) }
