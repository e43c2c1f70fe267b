package dynamodb

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// throttles are the errors of exhausted capacity, and the reasons of a cancelled transaction for it.
var throttles = []string{"ProvisionedThroughputExceededException", "ThrottlingException", "ProvisionedThroughputExceeded", "ThrottlingError"}

// measure publishes the metrics of a call, also of one that an injected fault has failed:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
func (s *Service) measure(c *wire.Call, took time.Duration, err error) {
	events := "WriteThrottleEvents"
	if slices.Contains([]string{"GetItem", "Query", "Scan", "BatchGetItem"}, c.Operation) {
		events = "ReadThrottleEvents"
	}
	var refused *wire.Error
	var denied *policy.DeniedError
	errors.As(err, &refused)
	var canceled []cancellationReason
	if refused != nil {
		canceled, _ = refused.Fields["CancellationReasons"].([]cancellationReason)
	}
	counted := map[string]bool{}
	for i, name := range c.Resources {
		table := map[string]string{"TableName": name}
		of := map[string]string{"TableName": name, "Operation": c.Operation}
		throttled := refused != nil && slices.Contains(throttles, refused.Code) || i < len(canceled) && slices.Contains(throttles, canceled[i].Code)
		if throttled {
			s.account.Publish("AWS/DynamoDB", table, account.Count(events, 1))
		}
		switch first := !counted[name]; {
		case !first:
		case throttled:
			s.account.Publish("AWS/DynamoDB", of, account.Count("ThrottledRequests", 1))
		case err == nil:
			s.account.Publish("AWS/DynamoDB", of, account.Milliseconds("SuccessfulRequestLatency", took))
		case refused == nil && !errors.As(err, &denied), refused != nil && refused.Status >= http.StatusInternalServerError:
			s.account.Publish("AWS/DynamoDB", of, account.Count("SystemErrors", 1))
		default:
			continue
		}
		counted[name] = true
	}
}

// consume takes units of a table's capacity for reading or writing. It returns false if there are not enough. The caller holds
// the lock of the table.
func (t *table) consume(c *capacity, now time.Time, units float64) bool {
	if !c.take(now, units) {
		return false
	}
	metric := "ConsumedWriteCapacityUnits"
	if c == &t.reads {
		metric = "ConsumedReadCapacityUnits"
	}
	t.account.Publish("AWS/DynamoDB", map[string]string{"TableName": t.name}, account.Value{Metric: metric, Unit: "Count", Value: units})
	return true
}
