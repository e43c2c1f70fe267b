package kinesis

import (
	"context"
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxPutRecords = 500
	maxPutBytes   = 10 << 20 // of data and partition keys
	maxKey        = 256      // characters
)

// recordInput is one record to put. The size of both data and key counts.
type recordInput struct {
	Data            []byte
	PartitionKey    *string
	ExplicitHashKey *string
}

// check returns the record's hash key and its size in bytes.
func (r *recordInput) check() (h hash, size int, err error) {
	if r.Data == nil {
		return h, 0, missing("data")
	}
	if r.PartitionKey == nil {
		return h, 0, missing("partitionKey")
	}
	key := *r.PartitionKey
	if n := utf8.RuneCountInString(key); n < 1 {
		return h, 0, outside(key, "partitionKey", "Member must have length greater than or equal to 1")
	} else if n > maxKey {
		return h, 0, outside(key, "partitionKey", "Member must have length less than or equal to %d", maxKey)
	}
	if size = len(r.Data) + len(key); size > maxRecord {
		return h, 0, invalid("Record size, with its partition key, must not exceed %d bytes; it is %d.", maxRecord, size)
	}
	if r.ExplicitHashKey == nil {
		return hashOf(key), size, nil
	}
	h, ok := parseHash(*r.ExplicitHashKey)
	if !ok {
		return h, 0, invalid("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was %s", *r.ExplicitHashKey)
	}
	return h, size, nil
}

type putInput struct {
	streamInput
	recordInput
	SequenceNumberForOrdering *string
}

type putOutput struct {
	ShardID        string `json:"ShardId"`
	SequenceNumber string
	EncryptionType string
}

// putRecord needs no SequenceNumberForOrdering to keep the order: each number is greater than those before it. One that
// this shard or a parent of it cannot have given yet is refused.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
func (s *Service) putRecord(c *wire.Call, in *putInput) (*putOutput, error) {
	st, err := s.enter(c, "PutRecord", in.streamInput)
	if err != nil {
		return nil, err
	}
	h, _, err := in.check()
	if err != nil {
		return nil, err
	}
	now := s.account.Clock.Now()
	if in.SequenceNumberForOrdering != nil {
		q, ok := parseSequence(*in.SequenceNumberForOrdering)
		if !ok || q.time > now.Unix() {
			return nil, invalid("ExclusiveMinimumSequenceNumber %s used in PutRecord on stream %s under account %s is invalid.",
				*in.SequenceNumberForOrdering, st.name, account.ID)
		}
	}
	sh, q, err := st.put(now, h, *in.PartitionKey, in.Data, nil)
	if err != nil {
		return nil, err
	}
	return &putOutput{sh.id, q.String(), st.encryption()}, nil
}

// Put puts a record, as another service does with a role of the account, and returns where it went.
func (s *Service) Put(ctx context.Context, p policy.Principal, streamARN, partitionKey string, data []byte) (shardID, sequenceNumber string, err error) {
	const action = "kinesis:PutRecord"
	if err := s.allow(ctx, p, nil, action, streamARN); err != nil {
		return "", "", err
	}
	st, err := s.streamAt(streamARN)
	if err != nil {
		return "", "", err
	}
	h, _, err := (&recordInput{Data: data, PartitionKey: &partitionKey}).check()
	if err != nil {
		return "", "", err
	}
	sh, q, err := st.put(s.account.Clock.Now(), h, partitionKey, data, nil)
	if err != nil {
		return "", "", err
	}
	return sh.id, q.String(), s.after(ctx, p, action, streamARN)
}

// RecordAction is the action of fault.Rule for each single record of a PutRecords, with the resource STREAM-ARN/SHARD-ID:
// its error fails that record and no other. IAM has no such action.
const RecordAction = "kinesis:PutRecords#Record"

type putManyInput struct {
	streamInput
	Records []recordInput
}

type putManyOutput struct {
	FailedRecordCount int
	Records           []putManyResult
	EncryptionType    string
}

// putManyResult has either the first two members or the others.
type putManyResult struct {
	ShardID        string `json:"ShardId,omitempty"`
	SequenceNumber string `json:",omitempty"`
	ErrorCode      string `json:",omitempty"`
	ErrorMessage   string `json:",omitempty"`
}

// putRecords puts the records one after the other, whatever becomes of those before. A request that is wrong anywhere
// is refused as a whole.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
func (s *Service) putRecords(c *wire.Call, in *putManyInput) (*putManyOutput, error) {
	st, err := s.enter(c, "PutRecords", in.streamInput)
	if err != nil {
		return nil, err
	}
	switch n := len(in.Records); {
	case n < 1:
		return nil, outside("[]", "records", "Member must have length greater than or equal to 1")
	case n > maxPutRecords:
		return nil, outside("[...]", "records", "Member must have length less than or equal to %d", maxPutRecords)
	}
	hashes, total := make([]hash, len(in.Records)), 0
	for i := range in.Records {
		h, size, err := in.Records[i].check()
		if err != nil {
			return nil, err
		}
		hashes[i], total = h, total+size
	}
	if total > maxPutBytes {
		return nil, invalid("Records size exceeds 10 MB limit")
	}

	out := &putManyOutput{Records: make([]putManyResult, len(in.Records)), EncryptionType: st.encryption()}
	var check func(*shard) error
	if s.account.Faults.Active() {
		check = func(sh *shard) error {
			return s.account.Faults.Before(c.Context(), fault.Event{
				Action: RecordAction, Resource: st.arn + "/" + sh.id, Principal: c.Principal.String(),
			})
		}
	}
	now := s.account.Clock.Now()
	for i := range in.Records {
		sh, q, err := st.put(now, hashes[i], *in.Records[i].PartitionKey, in.Records[i].Data, check)
		r := &out.Records[i]
		if err != nil {
			out.FailedRecordCount++
			r.ErrorCode, r.ErrorMessage = failure(err)
			continue
		}
		r.ShardID, r.SequenceNumber = sh.id, q.String()
	}
	return out, nil
}
