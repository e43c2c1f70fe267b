package lambda

import (
	"regexp"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// maxRecordAge is the greatest maximumRecordAgeInSeconds: a week.
const maxRecordAge = 604800

func checkMapping(c *provider.Checker, in *MappingArgs) {
	c.Range("batchSize", in.BatchSize, 1, 10000)
	c.Range("maximumBatchingWindowInSeconds", in.MaximumBatchingWindowInSeconds, 0, 300)
	for _, t := range in.FunctionResponseTypes {
		c.OneOf("functionResponseTypes", &t, "ReportBatchItemFailures")
	}
	if !c.Unknown("functionName") {
		if _, err := parseName(in.FunctionName); err != nil {
			c.Failf("functionName", "must be a name or an ARN of a function, got %q", in.FunctionName)
		}
	}
	switch {
	case c.Unknown("eventSourceArn"):
		// In a preview the settings show the kind of source: a stream needs a starting position, and a queue has none.
		if in.StartingPosition != nil || c.Unknown("startingPosition") {
			checkStreamMapping(c, in)
		} else {
			checkQueueMapping(c, in)
		}
	case isQueue(in.EventSourceARN):
		checkQueueMapping(c, in)
	case streamARN.MatchString(in.EventSourceARN):
		checkStreamMapping(c, in)
	default:
		c.Failf("eventSourceArn", "must be the ARN of a queue, a stream or a stream's consumer of this account and Region: "+
			"the embedded cloud has no other event sources, got %q", in.EventSourceARN)
	}
}

var streamARN = regexp.MustCompile(`^` + regexp.QuoteMeta(kinesis.StreamARN("")) + `[A-Za-z0-9_.-]{1,128}(/consumer/[A-Za-z0-9_.-]{1,128}:[0-9]+)?$`)

func isQueue(arn string) bool { return strings.HasPrefix(arn, sqs.QueueARN("")) }

func checkQueueMapping(c *provider.Checker, in *MappingArgs) {
	if value(in.BatchSize, 10) > 10 && value(in.MaximumBatchingWindowInSeconds, 0) < 1 && !c.Unknown("maximumBatchingWindowInSeconds") {
		c.Failf("maximumBatchingWindowInSeconds", "must be 1 at least with a batchSize over 10, got batchSize %d", *in.BatchSize)
	}
	if in.ScalingConfig != nil {
		c.Range("scalingConfig.maximumConcurrency", in.ScalingConfig.MaximumConcurrency, 2, 1000)
	}
	for property, given := range map[string]bool{
		"startingPosition":           in.StartingPosition != nil,
		"startingPositionTimestamp":  in.StartingPositionTimestamp != nil,
		"parallelizationFactor":      in.ParallelizationFactor != nil,
		"maximumRetryAttempts":       in.MaximumRetryAttempts != nil,
		"maximumRecordAgeInSeconds":  in.MaximumRecordAgeInSeconds != nil,
		"bisectBatchOnFunctionError": in.BisectBatchOnFunctionError != nil,
		"destinationConfig":          in.DestinationConfig != nil,
	} {
		if given {
			c.Failf(property, "is not valid for SQS event sources, only for streams")
		}
	}
}

// checkStreamMapping follows https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
func checkStreamMapping(c *provider.Checker, in *MappingArgs) {
	if in.ScalingConfig != nil {
		c.Failf("scalingConfig", "is not valid for Kinesis event sources, only for queues: see parallelizationFactor")
	}
	if in.StartingPosition == nil && !c.Unknown("startingPosition") {
		c.Failf("startingPosition", "is required for Kinesis event sources: TRIM_HORIZON, LATEST or AT_TIMESTAMP")
	}
	c.OneOf("startingPosition", in.StartingPosition, trimHorizon, latestRecord, atTimestamp)
	checkTimestamp(c, in)
	c.Range("parallelizationFactor", in.ParallelizationFactor, 1, 10)
	c.Range("maximumRetryAttempts", in.MaximumRetryAttempts, forever, 10000)
	if age := value(in.MaximumRecordAgeInSeconds, forever); age != forever && (age < 60 || age > maxRecordAge) {
		c.Failf("maximumRecordAgeInSeconds", "must be -1 for no limit, or from 60 to %d, got %d", maxRecordAge, age)
	}
	if c.Unknown("destinationConfig") || in.DestinationConfig == nil {
		return
	}
	const destination = "destinationConfig.onFailure.destinationArn"
	switch arn := in.destination(); {
	case in.DestinationConfig.OnFailure == nil:
		c.Failf("destinationConfig.onFailure", "is required in a destinationConfig")
	case !isQueue(arn):
		c.Failf(destination, "must be the ARN of a queue of this account and Region: the embedded cloud sends discarded records nowhere else, got %q", arn)
	}
}

func checkTimestamp(c *provider.Checker, in *MappingArgs) {
	const property = "startingPositionTimestamp"
	if c.Unknown(property) || c.Unknown("startingPosition") {
		return
	}
	if at, given := value(in.StartingPosition, "") == atTimestamp, in.StartingPositionTimestamp != nil; at != given {
		c.Failf(property, "goes with the startingPosition AT_TIMESTAMP, and only with that")
		return
	} else if !given {
		return
	}
	if _, err := time.Parse(time.RFC3339, *in.StartingPositionTimestamp); err != nil {
		c.Failf(property, "must be a time such as 2026-01-02T15:04:05Z, got %q", *in.StartingPositionTimestamp)
	}
}
