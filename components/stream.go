package components

import (
	"slices"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kinesis"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// StreamSettings size a Kinesis data stream.
type StreamSettings struct {
	// Shards fixes how many shards there are, each of which takes 1,000 records or 1 MB a second: 1 to 10,000, within the
	// account's quota. Zero leaves it to Kinesis, which is called on-demand: it begins with four and follows the traffic.
	// https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
	Shards int
	// RetentionHours is how long a record can be read, and so replayed: 24 to 8,760. Default 168, a week: what fails on a
	// Friday evening can still be found on Monday.
	RetentionHours int
}

func (s StreamSettings) withDefaults() StreamSettings {
	s.RetentionHours = or(s.RetentionHours, 168)
	return s
}

func (s StreamSettings) validate(p *problems, path string) {
	p.between(path+".Shards", s.Shards, 1, 10000)
	p.between(path+".RetentionHours", s.RetentionHours, 24, 8760)
}

// ReaderSettings tell how a function reads the stream. BatchSize and BatchingWindowSeconds are what cost and speed are
// traded by: 100 and 30 give few, full, late invocations; 10 and 2 give many small ones soon.
// https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
type ReaderSettings struct {
	// BatchSize is the most records in one invocation: 1 to 10,000. Default 100.
	BatchSize int
	// BatchingWindowSeconds is how long to wait for a batch to fill: 0 to 300. Default 0: do not wait. Lambda looks into
	// each shard once a second in any case.
	BatchingWindowSeconds int
	// ParallelizationFactor is how many batches of one shard are handled at once, each with other accounts' orders: 1 to
	// 10. Default 1.
	ParallelizationFactor int
	// MaximumRetryAttempts is how often a record that fails is tried again, alone in the end, before it goes to the failure
	// queue: 1 to 10,000. Default 10. Meanwhile what follows it in its shard waits.
	MaximumRetryAttempts int
	// MaximumRecordAgeSeconds sends a record that could not be handled for so long to the failure queue, even if the
	// function could not be invoked at all: 60 to 604,800. Zero lets it wait for as long as the stream keeps it.
	MaximumRecordAgeSeconds int
	// StartingPosition is where in the stream a new reader begins: TRIM_HORIZON (the default: at the oldest record),
	// LATEST or AT_TIMESTAMP. Another one later makes a new event source mapping, which begins there.
	StartingPosition string
	// StartingPositionTimestamp is when AT_TIMESTAMP is: RFC 3339, such as 2026-01-31T08:30:00Z.
	StartingPositionTimestamp string
	// EnhancedFanOut gives the reader 2 MB a second of each shard for its own, pushed to it instead of asked for once a
	// second. It costs by the shard-hour and the GB. By default the readers share what a shard gives.
	// https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html
	EnhancedFanOut bool
}

var startingPositions = []string{"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"}

func (s ReaderSettings) withDefaults() ReaderSettings {
	s.BatchSize = or(s.BatchSize, 100)
	s.ParallelizationFactor = or(s.ParallelizationFactor, 1)
	s.MaximumRetryAttempts = or(s.MaximumRetryAttempts, 10)
	s.MaximumRecordAgeSeconds = or(s.MaximumRecordAgeSeconds, -1)
	s.StartingPosition = or(s.StartingPosition, "TRIM_HORIZON")
	return s
}

func (s ReaderSettings) validate(p *problems, path string) {
	p.between(path+".BatchSize", s.BatchSize, 1, 10000)
	p.between(path+".BatchingWindowSeconds", s.BatchingWindowSeconds, 1, 300)
	p.between(path+".ParallelizationFactor", s.ParallelizationFactor, 1, 10)
	p.between(path+".MaximumRetryAttempts", s.MaximumRetryAttempts, 1, 10000)
	p.between(path+".MaximumRecordAgeSeconds", s.MaximumRecordAgeSeconds, 60, 604800)
	if s.StartingPosition != "" && !slices.Contains(startingPositions, s.StartingPosition) {
		p.addf(path+".StartingPosition", "must be one of %q, got %q", startingPositions, s.StartingPosition)
	}
	at := s.StartingPosition == "AT_TIMESTAMP"
	switch _, err := time.Parse(time.RFC3339, s.StartingPositionTimestamp); {
	case !at && s.StartingPositionTimestamp != "":
		p.addf(path+".StartingPositionTimestamp", "must be empty unless StartingPosition is AT_TIMESTAMP, got %q", s.StartingPositionTimestamp)
	case at && err != nil:
		p.addf(path+".StartingPositionTimestamp", "must be RFC 3339, such as 2026-01-31T08:30:00Z, got %q", s.StartingPositionTimestamp)
	}
}

// newStream makes a stream that is encrypted with the key that AWS manages for Kinesis. Kinesis encrypts and decrypts, so
// neither writers nor readers need a permission for it.
// https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
func newStream(ctx *pulumi.Context, name string, settings StreamSettings, tags pulumi.StringMap, opts ...pulumi.ResourceOption) (*kinesis.Stream, error) {
	args := &kinesis.StreamArgs{
		RetentionPeriod:   pulumi.Int(settings.RetentionHours),
		EncryptionType:    pulumi.String("KMS"),
		KmsKeyId:          pulumi.String("alias/aws/kinesis"),
		StreamModeDetails: kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String("ON_DEMAND")},
		// Its readers, which are this stack's own, go with the stream.
		EnforceConsumerDeletion: pulumi.Bool(true),
		Tags:                    tags,
	}
	if settings.Shards > 0 {
		args.ShardCount = pulumi.Int(settings.Shards)
		args.StreamModeDetails = kinesis.StreamStreamModeDetailsArgs{StreamMode: pulumi.String("PROVISIONED")}
	}
	return kinesis.NewStream(ctx, name, args, opts...)
}

// reader is a function that reads a stream, and the queue that tells which records it failed with for good.
type reader struct {
	function *function
	failures *sqs.Queue
}

// newReader invokes a function with the records of each shard in their order. The function answers with the first
// record that failed; what is before it is done. A batch that fails as a whole is halved until the bad record is alone.
func newReader(ctx *pulumi.Context, name string, stream *kinesis.Stream, settings ReaderSettings, args functionArgs,
	opts ...pulumi.ResourceOption,
) (*reader, error) {
	r := &reader{}
	var err error
	if r.failures, err = newDeadLetters(ctx, name+"-failures", maxRetentionDays, args.tags, opts...); err != nil {
		return nil, err
	}
	source, reading, err := readStream(ctx, name, stream, settings.EnhancedFanOut, opts...)
	if err != nil {
		return nil, err
	}
	args.allow = append(args.allow, reading...)
	args.allow = append(args.allow, statement{
		sid: "ReportFailures", actions: []string{"sqs:SendMessage"}, resources: []pulumi.StringInput{r.failures.Arn},
	})
	if r.function, err = newFunction(ctx, name, args, opts...); err != nil {
		return nil, err
	}
	mapping := &lambda.EventSourceMappingArgs{
		EventSourceArn:                 source,
		FunctionName:                   r.function.Arn,
		StartingPosition:               pulumi.String(settings.StartingPosition),
		BatchSize:                      pulumi.Int(settings.BatchSize),
		MaximumBatchingWindowInSeconds: pulumi.Int(settings.BatchingWindowSeconds),
		ParallelizationFactor:          pulumi.Int(settings.ParallelizationFactor),
		MaximumRetryAttempts:           pulumi.Int(settings.MaximumRetryAttempts),
		MaximumRecordAgeInSeconds:      pulumi.Int(settings.MaximumRecordAgeSeconds),
		BisectBatchOnFunctionError:     pulumi.Bool(true),
		FunctionResponseTypes:          pulumi.StringArray{pulumi.String("ReportBatchItemFailures")},
		DestinationConfig: &lambda.EventSourceMappingDestinationConfigArgs{
			OnFailure: &lambda.EventSourceMappingDestinationConfigOnFailureArgs{DestinationArn: r.failures.Arn},
		},
	}
	if settings.StartingPositionTimestamp != "" {
		mapping.StartingPositionTimestamp = pulumi.String(settings.StartingPositionTimestamp)
	}
	_, err = lambda.NewEventSourceMapping(ctx, name+"-mapping", mapping, append(opts, pulumi.DependsOn([]pulumi.Resource{r.function.policy}))...)
	return r, err
}

// readStream returns what a mapping reads, the stream or a consumer of its own, and what the function's role needs for it:
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
func readStream(ctx *pulumi.Context, name string, stream *kinesis.Stream, enhanced bool, opts ...pulumi.ResourceOption) (pulumi.StringOutput, []statement, error) {
	find := statement{
		sid:       "FindShards",
		actions:   []string{"kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"},
		resources: []pulumi.StringInput{stream.Arn},
	}
	if !enhanced {
		return stream.Arn, []statement{find, {
			sid: "ReadRecords", actions: []string{"kinesis:GetShardIterator", "kinesis:GetRecords"}, resources: []pulumi.StringInput{stream.Arn},
		}}, nil
	}
	consumer, err := kinesis.NewStreamConsumer(ctx, name, &kinesis.StreamConsumerArgs{StreamArn: stream.Arn}, opts...)
	if err != nil {
		return pulumi.StringOutput{}, nil, err
	}
	return consumer.Arn, []statement{find, {
		sid: "ReadRecords", actions: []string{"kinesis:SubscribeToShard"}, resources: []pulumi.StringInput{consumer.Arn},
	}}, nil
}
