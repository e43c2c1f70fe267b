package dynamodb

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/wire"
)

// burstSeconds is how much unused capacity a provisioned table saves up.
const burstSeconds = 300

// capacity is what a table can read, or write, in a second: a token bucket, which is nil for on-demand. The lock of the table guards it.
type capacity struct{ bucket *rate.Limiter }

// provision sets the units unless they are those of the last time, which UpdateTable may have changed. Without units the
// capacity is that of an on-demand table.
func (c *capacity) provision(last, units *int) {
	if units == nil {
		c.bucket = nil
	} else if c.bucket == nil || *last != *units {
		c.bucket = rate.NewLimiter(rate.Limit(*units), *units*burstSeconds)
	}
}

func (c *capacity) units() int { return int(c.bucket.Limit()) }

// resize changes the units and leaves what is saved up.
func (c *capacity) resize(now time.Time, units int) {
	c.bucket.SetLimitAt(now, rate.Limit(units))
	c.bucket.SetBurstAt(now, units*burstSeconds)
}

const (
	// maxItemSize is the largest item, names included.
	maxItemSize = 400 << 10
	// maxPageSize is how much a Query or Scan reads at a time.
	maxPageSize = 1 << 20
)

// size is what the value adds to the size of its item, in bytes.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
func size(v Value) int {
	switch v := v.(type) {
	case String:
		return len(v)
	case Number: // one byte for two significant digits, and one more
		_, digits, _ := v.parts()
		return (len(digits)+1)/2 + 1
	case List:
		total := 3
		for _, e := range v {
			total += 1 + size(e)
		}
		return total
	case Map:
		return 3 + len(v) + itemSize(v)
	}
	return 1 // BOOL and NULL
}

func itemSize(item Map) int {
	total := 0
	for name, v := range item {
		total += len(name) + size(v)
	}
	return total
}

// units rounds a size up to whole capacity units of the given size; nothing read or written costs one.
func units(size, unit int) float64 {
	return float64(max(1, (size+unit-1)/unit))
}

// writeUnits is the cost of a write: the larger of the item before and after counts.
func writeUnits(before, after int) float64 { return units(max(before, after), 1<<10) }

// readUnits is the cost of reading size bytes: half as much if eventually consistent.
func readUnits(size int, consistent bool) float64 {
	if consistent {
		return units(size, 4<<10)
	}
	return units(size, 4<<10) / 2
}

// throttles are the errors of exhausted capacity, and the reasons of a cancelled transaction for it.
var throttles = []string{"ProvisionedThroughputExceededException", "ThrottlingException", "ProvisionedThroughputExceeded", "ThrottlingError"}

// measure publishes the metrics of a call, also of one that an injected fault has failed:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
func (s *Service) measure(c *wire.Call, took time.Duration, err error) {
	events := "WriteThrottleEvents"
	if slices.Contains([]string{"GetItem", "Query", "Scan", "BatchGetItem"}, c.Operation) {
		events = "ReadThrottleEvents"
	}
	refused, _ := errors.AsType[*wire.Error](err)
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
		case refused == nil && !policy.IsDenied(err), refused != nil && refused.Status >= http.StatusInternalServerError:
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
	if c.bucket != nil && !c.bucket.AllowN(now, int(math.Ceil(units))) {
		return false
	}
	metric := "ConsumedWriteCapacityUnits"
	if c == &t.reads {
		metric = "ConsumedReadCapacityUnits"
	}
	t.account.Publish("AWS/DynamoDB", map[string]string{"TableName": t.name}, account.Value{Metric: metric, Unit: "Count", Value: units})
	return true
}
