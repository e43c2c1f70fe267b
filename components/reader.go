package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Reader is a function of your own that reads a stream.
//
// It is invoked with an event of Kinesis: the records of one shard, in order. It must answer with the first that failed; those from
// there on are delivered again:
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//
// It gets the variable FAILURES_URL, a queue that it may send to what can never succeed.
type Reader struct {
	// Function reads the stream. Default [WorkerSize].
	Function Function `pulumi:"function"`
	// Settings say how it reads.
	Settings ReaderSettings `pulumi:"settings,optional"`
	// FilterPatterns are filter patterns of Lambda, five at most, such as {"data":{"kind":["picture"]}}: the function gets the records
	// whose data match one of them. Lambda counts the others as done. Default: all records.
	// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
	FilterPatterns []string `pulumi:"filterPatterns,optional"`
}

// maxFilters: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
const maxFilters = 5

func resolveReaders(v *validator, readers map[string]Reader, retention pulumi.IntPtrInput) map[string]Reader {
	resolved := map[string]Reader{}
	for _, name := range slices.Sorted(maps.Keys(readers)) {
		r, at := readers[name], "Readers."+name
		v.function(at, name)
		r.Function = r.Function.resolveOwn(v, at+".Function", WorkerSize)
		r.Settings = r.Settings.resolve(v, at+".Settings", retention)
		if len(r.FilterPatterns) > maxFilters {
			v.addf(at+".FilterPatterns", "must be at most %d, got %d", maxFilters, len(r.FilterPatterns))
		}
		for i, pattern := range r.FilterPatterns {
			if err := checkPattern(pattern); err != nil {
				v.addf(fmt.Sprintf("%s.FilterPatterns[%d]", at, i), "%v", err)
			}
		}
		resolved[name] = r
	}
	return resolved
}

// checkPattern accepts a filter pattern of the data of records. Mappings of streams have no others:
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
func checkPattern(text string) error {
	var pattern map[string]map[string]any
	if json.Unmarshal([]byte(text), &pattern) != nil || len(pattern) != 1 || pattern["data"] == nil {
		return fmt.Errorf(`must be a JSON object such as {"data":{"kind":["picture"]}}, got %q`, text)
	}
	return nil
}

// filters are the patterns as a mapping takes them, nil for none.
func (r Reader) filters() *lambda.EventSourceMappingFilterCriteriaArgs {
	if len(r.FilterPatterns) == 0 {
		return nil
	}
	var filters lambda.EventSourceMappingFilterCriteriaFilterArray
	for _, pattern := range r.FilterPatterns {
		filters = append(filters, lambda.EventSourceMappingFilterCriteriaFilterArgs{Pattern: pulumi.String(pattern)})
	}
	return &lambda.EventSourceMappingFilterCriteriaArgs{Filters: filters}
}

// ReaderSettings say how a function reads a stream. BatchSize and BatchingWindowSeconds trade cost against speed: 100 and
// 30 give few, full, late invocations; 10 and 2 give many small ones soon.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
type ReaderSettings struct {
	// BatchSize is the most records in one invocation: [BatchSizeRange]. Default [DefaultReaderBatchSize].
	BatchSize pulumi.IntPtrInput `pulumi:"batchSize,optional"`
	// BatchingWindowSeconds is how long to wait for a batch to fill: [WindowRange]. Default
	// [DefaultBatchingWindow]: do not wait. Lambda polls each shard once a second in any case.
	BatchingWindowSeconds pulumi.IntPtrInput `pulumi:"batchingWindowSeconds,optional"`
	// ParallelizationFactor is how many batches of one shard are processed at the same time, each with other accounts'
	// orders: [ParallelizationRange]. Default [DefaultParallelizationFactor].
	ParallelizationFactor pulumi.IntPtrInput `pulumi:"parallelizationFactor,optional"`
	// MaximumRetryAttempts is how often a batch is retried that fails for a reason that may pass, such as a throttled table,
	// before the position of its records goes to the failure queue: [RetryAttemptsRange], 0 for no retry. Default: until
	// MaximumRecordAgeSeconds, so that an outage loses nothing, however fast Lambda retries. Meanwhile the records after it
	// in its shard wait. A record that can never succeed is not retried.
	MaximumRetryAttempts pulumi.IntPtrInput `pulumi:"maximumRetryAttempts,optional"`
	// MaximumRecordAgeSeconds sends the position of a record that could not be processed for so long to the failure queue,
	// even if the function could not be invoked at all: [RecordAgeRange], less than the stream keeps it. Default: half of the
	// time that the stream keeps it, so that as much remains to read it from there.
	MaximumRecordAgeSeconds pulumi.IntPtrInput `pulumi:"maximumRecordAgeSeconds,optional"`
	// StartingPosition is where in the stream a new reader begins: TRIM_HORIZON, at the oldest record; LATEST; or
	// AT_TIMESTAMP. Default [DefaultStartingPosition]. A change makes a new event source mapping, which begins there.
	StartingPosition string `pulumi:"startingPosition,optional"`
	// StartingPositionTimestamp is the time of AT_TIMESTAMP: RFC 3339, such as 2026-01-31T08:30:00Z.
	StartingPositionTimestamp string `pulumi:"startingPositionTimestamp,optional"`
	// EnhancedFanOut gives the reader 2 MB a second of each shard for itself, pushed to it instead of polled once a
	// second. It costs by the shard-hour and the GB. By default the readers share what a shard gives.
	// https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
	EnhancedFanOut bool `pulumi:"enhancedFanOut,optional"`
}

const (
	atTimestamp = "AT_TIMESTAMP"
	unlimited   = -1 // retries
)

// resolve validates the settings of a reader of a stream with this retention period, in hours.
func (s ReaderSettings) resolve(v *validator, path string, retention pulumi.IntPtrInput) ReaderSettings {
	s.BatchSize = v.number(path+".BatchSize", s.BatchSize, BatchSizeRange.Check, DefaultReaderBatchSize)
	s.BatchingWindowSeconds = v.number(path+".BatchingWindowSeconds", s.BatchingWindowSeconds, WindowRange.Check, DefaultBatchingWindow)
	s.ParallelizationFactor = v.number(path+".ParallelizationFactor", s.ParallelizationFactor, ParallelizationRange.Check, DefaultParallelizationFactor)
	s.MaximumRetryAttempts = v.number(path+".MaximumRetryAttempts", s.MaximumRetryAttempts, RetryAttemptsRange.Check, unlimited)
	s.MaximumRecordAgeSeconds = recordAge(v, path+".MaximumRecordAgeSeconds", s.MaximumRecordAgeSeconds, retention)
	if s.StartingPosition == "" {
		s.StartingPosition = DefaultStartingPosition
	}
	if err := oneOf(DefaultStartingPosition, "LATEST", atTimestamp)(s.StartingPosition); err != nil {
		v.addf(path+".StartingPosition", "%v", err)
	}
	at, timestamp := s.StartingPosition == atTimestamp, path+".StartingPositionTimestamp"
	switch _, err := time.Parse(time.RFC3339, s.StartingPositionTimestamp); {
	case !at && s.StartingPositionTimestamp != "":
		v.addf(timestamp, "must be empty unless StartingPosition is AT_TIMESTAMP, got %q", s.StartingPositionTimestamp)
	case at && err != nil:
		v.addf(timestamp, "must be RFC 3339, such as 2026-01-31T08:30:00Z, got %q", s.StartingPositionTimestamp)
	}
	return s
}

// recordAge validates the maximum age of a record in seconds, and returns the default if it is not set. A record that expired
// in the stream could not be read any more when its position is reported.
func recordAge(v *validator, path string, age, retention pulumi.IntPtrInput) pulumi.IntPtrInput {
	const notSet = -1
	age = v.number(path, age, RecordAgeRange.Check, notSet)
	age = v.together(path, retention, age, func(hours, seconds int) error {
		if seconds >= hours*secondsPerHour {
			return fmt.Errorf("must be less than Stream.RetentionHours, which is %d s, got %d", hours*secondsPerHour, seconds)
		}
		return nil
	})
	return pulumi.All(intOf(retention), intOf(age)).ApplyT(func(n []any) int {
		hours, seconds := n[0].(int), n[1].(int)
		if seconds == notSet {
			return min(hours*secondsPerHour/2, RecordAgeRange.Max)
		}
		return seconds
	}).(pulumi.IntOutput)
}

const secondsPerHour = 60 * 60

// reader makes a function that is invoked with the records of each shard in their order, and its failure queue. The function
// sends a record that can never succeed to that queue itself. For what may succeed later it answers with the first record
// that failed; those before it are done. Lambda reports what it gives up to the same queue.
func (b *builder) reader(stream *kinesis.Stream, r Reader, spec functionSpec) (*sqs.Queue, error) {
	settings := r.Settings
	failures, report, err := b.failures(spec.name + "-failures")
	if err != nil {
		return nil, err
	}
	source, reading, err := b.readStream(spec.name, stream, settings.EnhancedFanOut)
	if err != nil {
		return nil, err
	}
	spec.environment["FAILURES_URL"] = failures.Url
	spec.allow = append(append(spec.allow, reading...), report)
	fn, err := b.function(spec)
	if err != nil {
		return nil, err
	}
	b.watchReader(fn)
	mapping := &lambda.EventSourceMappingArgs{
		EventSourceArn:                 source,
		FunctionName:                   fn.Arn,
		StartingPosition:               pulumi.String(settings.StartingPosition),
		BatchSize:                      settings.BatchSize,
		MaximumBatchingWindowInSeconds: settings.BatchingWindowSeconds,
		ParallelizationFactor:          settings.ParallelizationFactor,
		MaximumRetryAttempts:           settings.MaximumRetryAttempts,
		MaximumRecordAgeInSeconds:      settings.MaximumRecordAgeSeconds,
		BisectBatchOnFunctionError:     pulumi.Bool(true),
		FunctionResponseTypes:          pulumi.StringArray{pulumi.String("ReportBatchItemFailures")},
		DestinationConfig: &lambda.EventSourceMappingDestinationConfigArgs{
			OnFailure: &lambda.EventSourceMappingDestinationConfigOnFailureArgs{DestinationArn: failures.Arn},
		},
	}
	if filters := r.filters(); filters != nil {
		mapping.FilterCriteria = filters
	}
	if settings.StartingPositionTimestamp != "" {
		mapping.StartingPositionTimestamp = pulumi.String(settings.StartingPositionTimestamp)
	}
	_, err = lambda.NewEventSourceMapping(b.ctx, b.child(spec.name+"-mapping"), mapping, b.after(fn.policy)...)
	return failures, err
}

// readStream returns what a mapping reads, the stream or a consumer of its own, and what the function's role needs for it. AWS
// requires the same actions on the stream for both, and SubscribeToShard, which acts on a consumer. The managed policy
// AWSLambdaKinesisExecutionRole also has ListStreams, which cannot be limited to a stream, and which the page does not
// require:
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
func (b *builder) readStream(name string, stream *kinesis.Stream, enhanced bool) (pulumi.StringOutput, []statement, error) {
	reading := []statement{
		may("FindShards", stream.Arn, "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"),
		may("ReadRecords", stream.Arn, "kinesis:GetShardIterator", "kinesis:GetRecords"),
	}
	if !enhanced {
		return stream.Arn, reading, nil
	}
	consumer, err := kinesis.NewStreamConsumer(b.ctx, b.child(name), &kinesis.StreamConsumerArgs{StreamArn: stream.Arn}, b.opts()...)
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	return consumer.Arn, append(reading, may("Subscribe", consumer.Arn, "kinesis:SubscribeToShard")), nil
}
