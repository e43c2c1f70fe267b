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
// The function is invoked with a Kinesis event: records of one shard, in order. The function must answer with the sequence number of the
// first record that failed; that record and those after it are delivered again:
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//
// The function gets the variable FAILURES_URL, the URL of a queue. It may send records that can never succeed to it.
type Reader struct {
	// Function is the function that reads the stream. Default size [WorkerSize].
	Function Function `pulumi:"function"`
	// Settings configure how the function reads.
	Settings ReaderSettings `pulumi:"settings,optional"`
	// FilterPatterns are Lambda filter patterns, at most five, such as {"data":{"kind":["picture"]}}. The function gets the records whose
	// data match one of them. Lambda treats other records as done. Default: all records.
	// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
	FilterPatterns []string `pulumi:"filterPatterns,optional"`
}

// maxFilters is Lambda's limit: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
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

// checkPattern accepts a filter pattern for the data of records. A mapping of a stream supports no other keys:
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
func checkPattern(text string) error {
	var pattern map[string]map[string]any
	if json.Unmarshal([]byte(text), &pattern) != nil || len(pattern) != 1 || pattern["data"] == nil {
		return fmt.Errorf(`must be a JSON object such as {"data":{"kind":["picture"]}}, got %q`, text)
	}
	return nil
}

// filters returns the filter criteria of the event source mapping, or nil for none.
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

// ReaderSettings configures how a function reads a stream. BatchSize and BatchingWindowSeconds are a trade-off between cost and latency:
// 100 and 30 give few, large, late invocations; 10 and 2 give many small, early ones.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
type ReaderSettings struct {
	// BatchSize is the largest number of records in an invocation: [BatchSizeRange]. Default [DefaultReaderBatchSize].
	BatchSize pulumi.IntPtrInput `pulumi:"batchSize,optional"`
	// BatchingWindowSeconds is how long Lambda waits for a batch to fill, in seconds: [WindowRange]. Default [DefaultBatchingWindow]: it
	// does not wait. Lambda polls each shard once a second in any case.
	BatchingWindowSeconds pulumi.IntPtrInput `pulumi:"batchingWindowSeconds,optional"`
	// ParallelizationFactor is the number of batches of one shard that are processed concurrently: [ParallelizationRange]. Records with the
	// same partition key stay in order. Default [DefaultParallelizationFactor].
	ParallelizationFactor pulumi.IntPtrInput `pulumi:"parallelizationFactor,optional"`
	// MaximumRetryAttempts is the number of retries of a batch that fails for a reason that may pass, such as a throttled table:
	// [RetryAttemptsRange]; 0 is no retry. Then the position of its records goes to the failure queue. Records after it in the shard wait
	// meanwhile. Default: retries until MaximumRecordAgeSeconds, so that an outage loses nothing. A record that can never succeed is not
	// retried.
	MaximumRetryAttempts pulumi.IntPtrInput `pulumi:"maximumRetryAttempts,optional"`
	// MaximumRecordAgeSeconds is the largest age of a record that is retried, in seconds: [RecordAgeRange], less than the retention period
	// of the stream. Then the position of the record goes to the failure queue, also if the function could not be invoked at all. Default:
	// half of the retention period, so that the record can be read from the stream for as long again.
	MaximumRecordAgeSeconds pulumi.IntPtrInput `pulumi:"maximumRecordAgeSeconds,optional"`
	// StartingPosition is where a new reader begins in the stream: TRIM_HORIZON is the oldest record, LATEST the next one, AT_TIMESTAMP a
	// time. Default [DefaultStartingPosition]. A change creates a new event source mapping, which begins there.
	StartingPosition string `pulumi:"startingPosition,optional"`
	// StartingPositionTimestamp is the time for AT_TIMESTAMP, in RFC 3339, such as 2026-01-31T08:30:00Z. Required with AT_TIMESTAMP.
	StartingPositionTimestamp string `pulumi:"startingPositionTimestamp,optional"`
	// EnhancedFanOut gives the reader its own throughput of 2 MB per second and shard. Records are pushed to it instead of polled once a
	// second. It is billed by shard-hour and GB. By default all readers share the throughput of a shard. Default false.
	// https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
	EnhancedFanOut bool `pulumi:"enhancedFanOut,optional"`
}

const (
	atTimestamp = "AT_TIMESTAMP"
	unlimited   = -1 // number of retries
)

// resolve validates the settings of a reader. retention is the retention period of the stream, in hours.
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

// recordAge validates the maximum age of a record in seconds, and sets its default. It is less than the retention period: an expired record
// could not be read any more when its position is reported.
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

// reader creates a function that is invoked with the records of each shard in order, and its failure queue. The function sends records that
// can never succeed to that queue. For other failures it answers with the first record that failed; the records before it are done. Lambda
// reports records that it stops retrying to the same queue.
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

// readStream returns the ARN that a mapping reads, which is the stream or an enhanced fan-out consumer, and the permissions for it. AWS
// requires the same actions on the stream for both, and SubscribeToShard on a consumer. The managed policy AWSLambdaKinesisExecutionRole
// also has ListStreams, which has no resource-level permissions, and which this page does not require:
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
