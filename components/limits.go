package components

import (
	"fmt"

	"github.com/order-patterns/order-patterns/order/checker"
)

// Range is a range of numbers. It includes Min and Max.
type Range struct{ Min, Max int }

// String formats the range for a description: "1 to 10".
func (r Range) String() string { return fmt.Sprintf("%d to %d", r.Min, r.Max) }

// Check returns an error that names the range if n is not in it.
func (r Range) Check(n int) error {
	if n < r.Min || n > r.Max {
		return fmt.Errorf("must be from %d to %d, got %d", r.Min, r.Max, n)
	}
	return nil
}

// The limits of numeric arguments. They are AWS's limits.
var (
	// MemoryRange is for a function's memory in MB, and TimeoutRange for its timeout in seconds. ConcurrencyRange is for its reserved
	// concurrency; with 0 it is never invoked. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	MemoryRange      = Range{128, 10_240}
	TimeoutRange     = Range{1, 900}
	ConcurrencyRange = Range{0, 1000}

	// BatchSizeRange is for the number of messages or records in an invocation. A queue with a batch size above SmallBatch needs a batching
	// window. WindowRange is in seconds. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
	BatchSizeRange = Range{1, 10_000}
	WindowRange    = Range{0, 300}

	// MaximumConcurrencyRange is for the number of concurrent invocations for one queue.
	MaximumConcurrencyRange = Range{2, 1000}
	// ReceiveCountRange is for the number of receives of a message before it goes to the dead-letter queue.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html
	ReceiveCountRange = Range{1, 1000}
	// RetentionRange is for the retention period of a queue, in days.
	RetentionRange = Range{1, 14}

	// ShardsRange is for the number of shards of a stream, and RetentionHoursRange for its retention period in hours.
	// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
	ShardsRange         = Range{1, 10_000}
	RetentionHoursRange = Range{24, 8760}
	// ParallelizationRange is for the number of batches of one shard that are processed concurrently.
	ParallelizationRange = Range{1, 10}
	// RetryAttemptsRange is for the number of retries of a batch of a stream. RecordAgeRange is in seconds.
	RetryAttemptsRange = Range{0, 10_000}
	RecordAgeRange     = Range{60, 604_800}

	// RateRange is in requests per second, and BurstRange in concurrent requests. They are the account's quotas.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	RateRange  = Range{1, 10_000}
	BurstRange = Range{1, 5000}
	// QuotaRange is for the number of requests in a period of a usage plan's quota.
	QuotaRange = Range{1, 1<<31 - 1}

	// CacheRange is for how long API Gateway caches an authorizer's answer, in seconds; 0 turns caching off.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
	CacheRange = Range{0, 3600}

	// CapacityRange is for a table's read capacity units, and for its write capacity units.
	CapacityRange = Range{1, 40_000}
	// UtilizationRange is for the target utilization of a table's capacity, in percent.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
	UtilizationRange = Range{20, 90}
)

// SmallBatch is the largest batch size of a queue that needs no batching window.
const SmallBatch = 10

// MaxCheckers is the largest number of Checkers of a CheckerPipeline with Orders.
const MaxCheckers = checker.MaxChecks

// The default values of arguments.
const (
	DefaultStoreBatchSize   = 10 // FanOutArgs.StoreQueue
	DefaultInvoiceBatchSize = 5  // FanOutArgs.InvoiceQueue
	DefaultCheckBatchSize   = 10 // CheckerPipelineOrders.CheckQueue and UpdateQueue
	DefaultReaderBatchSize  = 100

	DefaultConsumerBatchSize = 10 // Consumer.Queue, Checker.Queue and CheckerPipelineArgs.CollectQueue
	DefaultFilterPolicyScope = "MessageBody"

	DefaultStartMethod = "POST" // StartRoute.Method

	DefaultBatchingWindow = 0 // seconds; 0 does not wait

	DefaultMaxReceiveCount       = 1000 // retries outlast an outage of days
	DefaultParallelizationFactor = 1
	DefaultRetentionHours        = 7 * 24
	DefaultStartingPosition      = "TRIM_HORIZON"

	// DefaultRateLimit and DefaultBurstLimit are a tenth of the account's quotas, which all APIs of a Region share. In Regions where the
	// quotas are 2,500 and 1,250, they are less than half. So one API cannot use up what the others need.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	DefaultRateLimit   = 1000
	DefaultBurstLimit  = 500
	DefaultAllowOrigin = "*"
	// A client has a tenth of its API's limits by default.
	DefaultClientRate  = 100
	DefaultClientBurst = 50
	DefaultQuotaPeriod = "DAY"

	DefaultTargetUtilization = 70 // percent of a table's capacity

	DefaultAccountClaim = "sub"
	DefaultCacheSeconds = 60

	DefaultLogRetention = 30 // days
	DefaultLogLevel     = "ERROR"
)

// Size is the memory of a function in MB, and its timeout in seconds.
type Size struct{ MemoryMB, TimeoutSeconds int }

// The default sizes of functions.
var (
	AuthorizeSize = Size{512, 10} // verifies tokens
	IntakeSize    = Size{512, 10} // takes orders over HTTP
	ReadSize      = Size{256, 10} // answers GET routes
	WorkerSize    = Size{512, 30} // processes batches of orders
	InvoiceSize   = Size{128, 30} // writes invoices from a queue
	TaskSize      = Size{256, 10} // one task of a state machine
	ShipSize      = Size{256, 30} // ships an order
	UpdateSize    = Size{256, 40} // applies findings, and waits until an order is shipped
)
