package components

import (
	"fmt"

	"github.com/order-patterns/order-patterns/order/checker"
)

// Range is what a number may be, both ends included.
type Range struct{ Min, Max int }

// String is the range as descriptions say it: "1 to 10".
func (r Range) String() string { return fmt.Sprintf("%d to %d", r.Min, r.Max) }

// Check returns an error that names the range, unless n is in it.
func (r Range) Check(n int) error {
	if n < r.Min || n > r.Max {
		return fmt.Errorf("must be from %d to %d, got %d", r.Min, r.Max, n)
	}
	return nil
}

// The limits of numeric arguments, which are those of AWS.
var (
	// MemoryRange is a function's memory in MB, and TimeoutRange its timeout in seconds. ConcurrencyRange is its reserved
	// concurrency; with 0 it is never invoked. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	MemoryRange      = Range{128, 10_240}
	TimeoutRange     = Range{1, 900}
	ConcurrencyRange = Range{0, 1000}

	// BatchSizeRange is the number of messages or records in one invocation. A queue's batches above SmallBatch need a
	// batching window. WindowRange is in seconds. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
	BatchSizeRange = Range{1, 10_000}
	WindowRange    = Range{0, 300}

	// MaximumConcurrencyRange is the number of invocations that take messages from one queue at the same time.
	MaximumConcurrencyRange = Range{2, 1000}
	// ReceiveCountRange is how often a message is received before it goes to the dead-letter queue.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html
	ReceiveCountRange = Range{1, 1000}
	// RetentionRange is for how many days a queue keeps a message.
	RetentionRange = Range{1, 14}

	// ShardsRange is the number of shards of a stream, and RetentionHoursRange for how long it keeps a record.
	// https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
	ShardsRange         = Range{1, 10_000}
	RetentionHoursRange = Range{24, 8760}
	// ParallelizationRange is the number of batches of one shard that are processed at the same time.
	ParallelizationRange = Range{1, 10}
	// RetryAttemptsRange is how often a batch of a stream is retried; RecordAgeRange is in seconds.
	RetryAttemptsRange = Range{0, 10_000}
	RecordAgeRange     = Range{60, 604_800}

	// RateRange is in requests per second, and BurstRange in requests at the same time: the account's quotas.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	RateRange  = Range{1, 10_000}
	BurstRange = Range{1, 5000}
	// QuotaRange is the number of requests in a quota's period.
	QuotaRange = Range{1, 1<<31 - 1}

	// CacheRange is for how many seconds API Gateway may reuse the answer of an authorizer; with 0 it does not.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/configure-api-gateway-lambda-authorization.html
	CacheRange = Range{0, 3600}

	// CapacityRange is a table's read or write capacity units, each.
	CapacityRange = Range{1, 40_000}
	// UtilizationRange is the percentage of a table's capacity that scaling aims at.
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
	UtilizationRange = Range{20, 90}
)

// SmallBatch is the largest batch of a queue that needs no batching window.
const SmallBatch = 10

// MaxCheckers is how many Checkers a CheckerPipeline with Orders may have.
const MaxCheckers = checker.MaxChecks

// The defaults of arguments.
const (
	DefaultStoreBatchSize   = 10 // FanOutArgs.StoreQueue
	DefaultInvoiceBatchSize = 5  // FanOutArgs.InvoiceQueue
	DefaultCheckBatchSize   = 10 // CheckerPipelineOrders.CheckQueue and UpdateQueue
	DefaultReaderBatchSize  = 100

	DefaultConsumerBatchSize = 10 // Consumer.Queue, Checker.Queue and CheckerPipelineArgs.CollectQueue
	DefaultFilterPolicyScope = "MessageBody"

	DefaultStartMethod = "POST" // StartRoute.Method

	DefaultBatchingWindow = 0 // seconds: do not wait

	DefaultMaxReceiveCount       = 1000 // so that an outage of days passes
	DefaultParallelizationFactor = 1
	DefaultRetentionHours        = 7 * 24
	DefaultStartingPosition      = "TRIM_HORIZON"

	// DefaultRateLimit and DefaultBurstLimit are a tenth of the account's quotas, which all APIs of a Region share, and less
	// than half of those in the Regions where they are 2,500 and 1,250: so that one API cannot use up what the others need.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
	DefaultRateLimit   = 1000
	DefaultBurstLimit  = 500
	DefaultAllowOrigin = "*"
	// A client by default has a tenth of what its API lets through.
	DefaultClientRate  = 100
	DefaultClientBurst = 50
	DefaultQuotaPeriod = "DAY"

	DefaultTargetUtilization = 70 // percent of a table's capacity

	DefaultAccountClaim = "sub"
	DefaultCacheSeconds = 60

	DefaultLogRetention = 30 // days
	DefaultLogLevel     = "ERROR"
)

// Size is the memory and the timeout of a function.
type Size struct{ MemoryMB, TimeoutSeconds int }

// The default sizes of functions.
var (
	AuthorizeSize = Size{512, 10} // verifies tokens
	IntakeSize    = Size{512, 10} // takes orders over HTTP
	ReadSize      = Size{256, 10} // answers GET routes
	WorkerSize    = Size{512, 30} // processes batches of orders
	InvoiceSize   = Size{128, 30} // writes invoices from a queue
	TaskSize      = Size{256, 10} // one step of a process
	ShipSize      = Size{256, 30} // ships an order
	UpdateSize    = Size{256, 40} // applies findings, and waits until an order is shipped
)
