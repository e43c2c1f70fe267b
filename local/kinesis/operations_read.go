package kinesis

import (
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/wire"
)

// place is what a shard iterator stands for. It contains the stream's creation time, so that the iterator is not valid for a
// later stream of the same name.
type place struct {
	Stream          string
	Created, Issued int64 // milliseconds since 1970
	Shard           string
	Number          uint64
}

func iterator(sh *shard, number uint64, now time.Time) string {
	p := place{sh.stream.name, sh.stream.created.UnixMilli(), now.UnixMilli(), sh.id, number}
	return base64.StdEncoding.EncodeToString(strictjson.Encode(p))
}

type iteratorInput struct {
	streamInput
	ShardID                string `json:"ShardId"`
	ShardIteratorType      string
	StartingSequenceNumber *string
	Timestamp              *float64
}

var positionTypes = []string{"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}

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
func (s *Service) getShardIterator(c *wire.Call, st *stream, in *iteratorInput) (wire.Object, error) {
	p, err := in.position()
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	sh, place, err := st.locate(now, in.ShardID, p)
	if err != nil {
		return nil, err
	}
	return wire.Object{"ShardIterator": iterator(sh, place, now)}, nil
}

type getInput struct {
	StreamARN     string
	ShardIterator string
	Limit         *int
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html
func (s *Service) getRecords(c *wire.Call, in *getInput) (wire.Object, error) {
	var at place
	text, err := base64.StdEncoding.DecodeString(in.ShardIterator)
	if err != nil || strictjson.Decode(text, &at) != nil {
		return nil, invalid("Invalid ShardIterator.")
	}
	st, err := s.enter(c, streamInput{at.Stream, in.StreamARN})
	if err != nil {
		return nil, err
	}
	limit := maxReadRecords
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxReadRecords {
			return nil, invalidMember("Limit", "must be from 1 to %d, got %d", maxReadRecords, limit)
		}
	}
	now := s.account.Clock.Now()
	if now.UnixMilli()-at.Issued > tokenLife.Milliseconds() {
		issued := time.UnixMilli(at.Issued).UTC().Format(time.RFC3339)
		return nil, refuse("ExpiredIteratorException", "The shard iterator was created at %s and was valid for %s.", issued, tokenLife)
	}
	if st.created.UnixMilli() != at.Created {
		return nil, errNoShard(st.name, at.Shard)
	}
	sh, err := st.find(now, at.Shard)
	if err != nil {
		return nil, err
	}
	f := sh.read(now, at.Number, limit)
	s.countRead(st.name, &f, now)
	records := make([]wire.Object, len(f.entries))
	for i, e := range f.entries {
		records[i] = wire.Object{
			"SequenceNumber": f.number(sh, i), "PartitionKey": e.key, "Data": e.data, "ApproximateArrivalTimestamp": float64(e.arrived) / 1000,
		}
		if kind := st.encryption(); kind != "NONE" {
			records[i]["EncryptionType"] = kind
		}
	}
	out := wire.Object{"Records": records, "MillisBehindLatest": f.behind(now), "NextShardIterator": nil} // null at the end of a closed shard
	if !f.end {
		out["NextShardIterator"] = iterator(sh, f.next, now)
	}
	return out, nil
}

// tokenLife is how long a shard iterator is valid.
const tokenLife = 5 * time.Minute

// seconds is a time in the AWS JSON protocol: seconds since 1970, to the millisecond.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func fromSeconds(s float64) time.Time { return time.UnixMilli(int64(math.Round(s * 1000))) }
