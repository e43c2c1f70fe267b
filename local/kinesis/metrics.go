package kinesis

import (
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// publish publishes metrics of a stream: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
func (s *Service) publish(stream string, values ...account.Value) {
	s.account.Publish("AWS/Kinesis", map[string]string{"StreamName": stream}, values...)
}

func (s *Service) countPut(stream string, size int, err error) {
	if err == nil {
		s.publish(stream, account.Count("IncomingRecords", 1), account.Value{Metric: "IncomingBytes", Unit: "Bytes", Value: float64(size)})
		return
	}
	s.countThrottle(stream, "PutRecord", err)
}

// countRead publishes the age of the last record of a read; 0 without records.
func (s *Service) countRead(stream string, f *found, now time.Time) {
	age := time.Duration(0)
	if n := len(f.entries); n > 0 {
		age = max(0, now.Sub(time.UnixMilli(f.entries[n-1].arrived)))
	}
	s.publish(stream, account.Milliseconds("GetRecords.IteratorAgeMilliseconds", age))
}

// countThrottle publishes that a shard, or an injected fault of an action, has rejected a read or a write.
func (s *Service) countThrottle(stream, action string, err error) {
	if wire.Code(err) != "ProvisionedThroughputExceededException" {
		return
	}
	switch action = strings.TrimPrefix(action, "kinesis:"); action {
	case "PutRecord", "PutRecords":
		s.publish(stream, account.Count("WriteProvisionedThroughputExceeded", 1))
	case "GetRecords":
		s.publish(stream, account.Count("ReadProvisionedThroughputExceeded", 1))
	}
}
