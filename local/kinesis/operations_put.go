package kinesis

import (
	"unicode/utf8"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

type putInput struct {
	streamInput
	recordInput
}

// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html
func (s *Service) putRecord(c *wire.Call, st *stream, in *putInput) (wire.Object, error) {
	sh, q, err := s.putOne(st, &in.recordInput)
	if err != nil {
		return nil, err
	}
	return wire.Object{"ShardId": sh.id, "SequenceNumber": q.String(), "EncryptionType": st.encryption()}, nil
}

// RecordAction is the action of fault.Rule for one record of a PutRecords, with the resource STREAM-ARN/SHARD-ID. The error
// of the rule fails that record only. IAM has no such action.
const RecordAction = "kinesis:PutRecords#Record"

type putManyInput struct {
	streamInput
	Records []recordInput
}

// putRecords puts the records in order. A record that fails does not affect the others. An invalid record makes the whole
// request fail.
//
// https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
func (s *Service) putRecords(c *wire.Call, st *stream, in *putManyInput) (wire.Object, error) {
	if n := len(in.Records); n < 1 || n > maxPutRecords {
		return nil, invalidMember("Records", "must have 1 to %d elements, got %d", maxPutRecords, n)
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
		return nil, invalid("The records must have at most %d bytes together, got %d.", maxPutBytes, total)
	}

	failed, results := 0, make([]wire.Object, len(in.Records))
	for i := range in.Records {
		err := s.injectFaults(c, st, hashes[i])
		var sh *shard
		var q sequence
		if err == nil {
			sh, q, err = st.put(s.account.Clock.Now(), hashes[i], in.Records[i].PartitionKey, in.Records[i].Data)
		}
		s.countPut(st.name, len(in.Records[i].Data)+len(in.Records[i].PartitionKey), err)
		if err != nil {
			failed++
			code, message := codeAndMessage(err)
			results[i] = wire.Object{"ErrorCode": code, "ErrorMessage": message}
			continue
		}
		results[i] = wire.Object{"ShardId": sh.id, "SequenceNumber": q.String()}
	}
	return wire.Object{"FailedRecordCount": failed, "Records": results, "EncryptionType": st.encryption()}, nil
}

// injectFaults runs the injected faults of one record. It holds no lock meanwhile, because a fault may wait, or use the stream.
func (s *Service) injectFaults(c *wire.Call, st *stream, h hash) error {
	if !s.account.Faults.Active() {
		return nil
	}
	st.mu.RLock()
	shard := st.open[st.at(h)].id
	st.mu.RUnlock()
	return s.account.Faults.Before(c.Context(), fault.Event{
		Action: RecordAction, Resource: st.arn + "/" + shard, Principal: c.Principal.String(),
	})
}

const (
	maxPutRecords = 500
	maxPutBytes   = 10 << 20 // of data and partition keys
	maxKey        = 256      // characters
)

// recordInput is one record to put. Its size is that of the data and the key.
type recordInput struct {
	Data            []byte
	PartitionKey    string
	ExplicitHashKey *string
}

func (r *recordInput) check() (h hash, size int, err error) {
	if r.Data == nil {
		return h, 0, invalidMember("Data", "is required")
	}
	key := r.PartitionKey
	if n := utf8.RuneCountInString(key); n < 1 || n > maxKey {
		return h, 0, invalidMember("PartitionKey", "must have 1 to %d characters, got %d", maxKey, n)
	}
	if size = len(r.Data) + len(key); size > maxRecord {
		return h, 0, invalid("A record with its partition key must have at most %d bytes, got %d.", maxRecord, size)
	}
	if r.ExplicitHashKey == nil {
		return hashOf(key), size, nil
	}
	h, ok := parseHash(*r.ExplicitHashKey)
	if !ok {
		return h, 0, invalid("ExplicitHashKey must be from 0 to 2^128-1, got %q.", *r.ExplicitHashKey)
	}
	return h, size, nil
}

func (s *Service) putOne(st *stream, in *recordInput) (*shard, sequence, error) {
	h, size, err := in.check()
	if err != nil {
		return nil, sequence{}, err
	}
	sh, q, err := st.put(s.account.Clock.Now(), h, in.PartitionKey, in.Data)
	s.countPut(st.name, size, err)
	return sh, q, err
}
