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

// iteratorLife is how long a shard iterator or a token of a list can be used.
const iteratorLife = 5 * time.Minute

// seal makes an opaque token of a kind and fields without a /.
func (s *Service) seal(kind string, fields ...string) string {
	text := kind + "/" + strings.Join(fields, "/")
	return base64.StdEncoding.EncodeToString(append(s.mac(text), text...))
}

// unseal returns the fields of a token that seal made of this kind.
func (s *Service) unseal(kind, token string) (fields []string, ok bool) {
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || len(b) < macSize || !hmac.Equal(b[:macSize], s.mac(string(b[macSize:]))) {
		return nil, false
	}
	fields = strings.Split(string(b[macSize:]), "/")
	return fields[1:], fields[0] == kind
}

const macSize = 16

func (s *Service) mac(text string) []byte {
	h := hmac.New(sha256.New, s.secret[:])
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)[:macSize]
}

// tooOld tells whether a token of that time can no longer be used. Tokens have milliseconds.
func tooOld(issued, now time.Time) bool {
	return now.UnixMilli()-issued.UnixMilli() > iteratorLife.Milliseconds()
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func fromMillis(text string) time.Time {
	n, _ := strconv.ParseInt(text, 10, 64) // it was sealed
	return time.UnixMilli(n)
}

// seconds is a time as awsJson has it: seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func fromSeconds(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))) }

// iterator is a place in a shard of a stream, until it expires.
func (s *Service) iterator(sh *shard, place uint64, now time.Time) string {
	return s.seal("iterator", sh.stream.name, millis(sh.stream.created), sh.id, strconv.FormatUint(place, 10), millis(now))
}

type iteratorInput struct {
	streamInput
	ShardID                string `json:"ShardId"`
	ShardIteratorType      string
	StartingSequenceNumber *string
	Timestamp              *float64
}

type iteratorOutput struct{ ShardIterator string }

// position is what the parameters of GetShardIterator ask for.
func (in *iteratorInput) position() (Position, error) {
	p := Position{Type: in.ShardIteratorType}
	switch p.Type {
	case "TRIM_HORIZON", "LATEST":
		if in.StartingSequenceNumber != nil {
			return p, iteratorConflict(p.Type, "also a")
		}
	case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
		if in.StartingSequenceNumber == nil {
			return p, iteratorConflict(p.Type, "no")
		}
		p.SequenceNumber = *in.StartingSequenceNumber
	case "AT_TIMESTAMP":
		if in.StartingSequenceNumber != nil || in.Timestamp == nil {
			return p, invalid("Must specify timestampInMillis, and no StartingSequenceNumber, for AT_TIMESTAMP.")
		}
		p.Timestamp = fromSeconds(*in.Timestamp)
	default:
		return p, outside(p.Type, "shardIteratorType", "Member must satisfy enum value set: "+
			"[AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, TRIM_HORIZON]")
	}
	return p, nil
}

func iteratorConflict(kind, has string) *wire.Error {
	return invalid("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "+
		"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified %s and %s StartingSequenceNumber.", kind, has)
}

// getShardIterator settles the place at once: LATEST is after the record that is the last one now.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
func (s *Service) getShardIterator(c *wire.Call, in *iteratorInput) (*iteratorOutput, error) {
	st, err := s.enter(c, "GetShardIterator", in.streamInput)
	if err != nil {
		return nil, err
	}
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
	ChildShards        []childShard `json:",omitempty"` // at the end of a closed shard
}

type getRecord struct {
	SequenceNumber, PartitionKey string
	Data                         []byte
	ApproximateArrivalTimestamp  float64
	EncryptionType               string `json:",omitempty"` // absent without encryption
}

type childShard struct {
	ShardID      string `json:"ShardId"`
	ParentShards []string
	HashKeyRange hashRange
}

// getRecords reads from an iterator on.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
func (s *Service) getRecords(c *wire.Call, in *getInput) (*getOutput, error) {
	fields, ok := s.unseal("iterator", in.ShardIterator)
	if !ok {
		return nil, invalid("Invalid ShardIterator.")
	}
	name, id := fields[0], fields[2]
	place, _ := strconv.ParseUint(fields[3], 10, 64) // it was sealed
	st, err := s.enter(c, "GetRecords", streamInput{name, in.StreamARN})
	if err != nil {
		return nil, err
	}
	limit, err := between(in.Limit, "limit", maxReadRecords, 1, maxReadRecords)
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	if issued := fromMillis(fields[4]); tooOld(issued, now) {
		return nil, errExpired(issued, now)
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
		return nil, err
	}
	out := &getOutput{Records: make([]getRecord, len(f.entries)), MillisBehindLatest: f.behind(now)}
	kind := st.encryption()
	if kind == "NONE" {
		kind = ""
	}
	for i, e := range f.entries {
		out.Records[i] = getRecord{f.number(sh, i), e.key, e.data, float64(e.arrived) / 1000, kind}
	}
	if f.end {
		out.ChildShards = st.children(now, id)
	} else {
		next := s.iterator(sh, f.next, now)
		out.NextShardIterator = &next
	}
	return out, nil
}

// children are the shards that a closed one was split or merged into.
func (st *stream) children(now time.Time, id string) []childShard {
	var list []childShard
	for _, sh := range st.live(now) {
		parents := slices.DeleteFunc([]string{sh.parent, sh.adjacent}, func(p string) bool { return p == "" })
		if slices.Contains(parents, id) {
			list = append(list, childShard{sh.id, parents, sh.hashRange()})
		}
	}
	return list
}
