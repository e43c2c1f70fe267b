package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/internal/pattern"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/sqs"
)

// MappingArgs are the inputs of aws:lambda/eventSourceMapping:EventSourceMapping. In JSON they are members of
// EventSourceMappingConfiguration.
type MappingArgs struct {
	EventSourceARN                 string   `pulumi:"eventSourceArn,replace" json:"EventSourceArn"`
	FunctionName                   string   `pulumi:"functionName" json:"-"`
	Enabled                        *bool    `pulumi:"enabled,optional" json:"-"`
	BatchSize                      *int     `pulumi:"batchSize,optional"`
	MaximumBatchingWindowInSeconds *int     `pulumi:"maximumBatchingWindowInSeconds,optional"`
	FunctionResponseTypes          []string `pulumi:"functionResponseTypes,optional" json:",omitempty"`

	// Of a queue only:
	ScalingConfig *ScalingConfig `pulumi:"scalingConfig,optional" json:",omitempty"`

	// Of a stream only:
	StartingPosition           *string            `pulumi:"startingPosition,optional,replace" json:",omitempty"`
	StartingPositionTimestamp  *string            `pulumi:"startingPositionTimestamp,optional,replace" json:"-"`
	ParallelizationFactor      *int               `pulumi:"parallelizationFactor,optional" json:",omitempty"`
	MaximumRetryAttempts       *int               `pulumi:"maximumRetryAttempts,optional" json:",omitempty"`
	MaximumRecordAgeInSeconds  *int               `pulumi:"maximumRecordAgeInSeconds,optional" json:",omitempty"`
	BisectBatchOnFunctionError *bool              `pulumi:"bisectBatchOnFunctionError,optional" json:",omitempty"`
	DestinationConfig          *DestinationConfig `pulumi:"destinationConfig,optional" json:",omitempty"`
	FilterCriteria             *FilterCriteria    `pulumi:"filterCriteria,optional" json:",omitempty"`

	UUID                 string `pulumi:"uuid,output"`
	ARN                  string `pulumi:"arn,output" json:"EventSourceMappingArn"`
	FunctionARN          string `pulumi:"functionArn,output" json:"FunctionArn"`
	LastModified         string `pulumi:"lastModified,output" json:"-"`
	LastProcessingResult string `pulumi:"lastProcessingResult,output"`
	State                string `pulumi:"state,output"`
}

// ScalingConfig limits how many invocations a mapping of a queue makes at once.
type ScalingConfig struct {
	MaximumConcurrency *int `pulumi:"maximumConcurrency,optional"`
}

// DestinationConfig is the destination of the metadata of discarded records.
type DestinationConfig struct {
	OnFailure *OnFailure `pulumi:"onFailure,optional"`
}

// OnFailure is the ARN of a queue.
type OnFailure struct {
	DestinationARN string `pulumi:"destinationArn" json:"Destination"`
}

// FilterCriteria are patterns. The function gets the records that match one of them, and the others count as done.
type FilterCriteria struct {
	Filters []Filter `pulumi:"filters,optional"`
}

// Filter is a pattern in JSON.
type Filter struct {
	Pattern string `pulumi:"pattern"`
}

// filters are the patterns, none without criteria. Mappings of streams have patterns of the data only, which must be JSON:
// https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html
func (in *MappingArgs) filters() (filters []pattern.Pattern, err error) {
	for _, f := range value(in.FilterCriteria, FilterCriteria{}).Filters {
		var of map[string]json.RawMessage
		if json.Unmarshal([]byte(f.Pattern), &of) != nil || len(of) != 1 || of["data"] == nil {
			return nil, fmt.Errorf(`must have patterns of data, such as {"data":{"kind":["a"]}}, got %q`, f.Pattern)
		}
		p, err := pattern.Parse(string(of["data"]))
		if err != nil {
			return nil, fmt.Errorf("%q: data: %w", f.Pattern, err)
		}
		filters = append(filters, p)
	}
	return filters, nil
}

func seconds(n *int) time.Duration { return time.Duration(*n) * time.Second }

// forever is -1 as a number of retries or an age: no limit.
const forever = -1

func (in *MappingArgs) ofStream() bool {
	return strings.HasPrefix(in.EventSourceARN, kinesis.StreamARN(""))
}

// withDefaults sets AWS's default of each input that is absent.
func (in MappingArgs) withDefaults() MappingArgs {
	batch := 10
	if in.ofStream() {
		batch = 100
		in.ParallelizationFactor = new(value(in.ParallelizationFactor, 1))
		in.MaximumRetryAttempts = new(value(in.MaximumRetryAttempts, forever))
		in.MaximumRecordAgeInSeconds = new(value(in.MaximumRecordAgeInSeconds, forever))
		in.BisectBatchOnFunctionError = new(value(in.BisectBatchOnFunctionError, false))
	}
	in.Enabled = new(value(in.Enabled, true))
	in.BatchSize = new(value(in.BatchSize, batch))
	in.MaximumBatchingWindowInSeconds = new(value(in.MaximumBatchingWindowInSeconds, 0))
	return in
}

// partial reports whether the function returns the items that failed.
func (in *MappingArgs) partial() bool { return len(in.FunctionResponseTypes) > 0 }

func (in *MappingArgs) window() time.Duration { return seconds(in.MaximumBatchingWindowInSeconds) }

func (in *MappingArgs) destination() string {
	return value(value(in.DestinationConfig, DestinationConfig{}).OnFailure, OnFailure{}).DestinationARN
}

func (m *mapping) resource() *MappingArgs {
	set := m.settings.Load()
	state := *set.args
	state.State, state.LastProcessingResult = m.state()
	state.UUID, state.ARN, state.FunctionARN = m.uuid, mappingARN(m.uuid), functionARN(set.function)
	state.LastModified = set.modified.Format(time.RFC3339)
	return &state
}

func (s *Service) mappingKind() provider.Kind {
	return &provider.Object[MappingArgs, mapping]{
		Type:  "aws:lambda/eventSourceMapping:EventSourceMapping",
		Check: checkMapping,
		Find:  s.mapping,
		State: (*mapping).resource,
		Create: func(_ context.Context, in *MappingArgs) (string, error) {
			m, err := s.createMapping(in)
			if err != nil {
				return "", err
			}
			return m.uuid, nil
		},
		Update: func(ctx context.Context, m *mapping, in *MappingArgs) error {
			m.changing.Lock()
			defer m.changing.Unlock()
			if err := m.halt(ctx); err != nil {
				return err
			}
			// A refused update leaves the mapping as it was.
			refused := m.configure(in)
			if err := m.start(); err != nil {
				return err
			}
			return refused
		},
		Delete: func(ctx context.Context, m *mapping) error {
			m.changing.Lock()
			defer m.changing.Unlock()
			if err := m.halt(ctx); err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.mappings, m.uuid)
			s.Roles.Revoke(m.key)
			return nil
		},
	}
}

func checkMapping(c *provider.Checker, in *MappingArgs) {
	c.Range("batchSize", in.BatchSize, 1, 10000)
	c.Range("maximumBatchingWindowInSeconds", in.MaximumBatchingWindowInSeconds, 0, 300)
	for _, t := range in.FunctionResponseTypes {
		c.OneOf("functionResponseTypes", &t, "ReportBatchItemFailures")
	}
	switch {
	case c.Unknown("eventSourceArn"):
	case isQueue(in.EventSourceARN):
		if in.FilterCriteria != nil {
			c.Failf("filterCriteria", "is not supported by the embedded cloud for queues, only for streams")
		}
	case in.ofStream():
		checkStreamMapping(c, in)
	default:
		c.Failf("eventSourceArn", "must be the ARN of a queue, a stream or a stream's consumer of this account and Region: "+
			"the embedded cloud has no other event sources, got %q", in.EventSourceARN)
	}
}

func isQueue(arn string) bool { return strings.HasPrefix(arn, sqs.QueueARN("")) }

// checkStreamMapping follows https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
func checkStreamMapping(c *provider.Checker, in *MappingArgs) {
	if in.StartingPosition == nil && !c.Unknown("startingPosition") {
		c.Failf("startingPosition", "is required for Kinesis event sources: TRIM_HORIZON, LATEST or AT_TIMESTAMP")
	}
	c.OneOf("startingPosition", in.StartingPosition, trimHorizon, latestRecord, atTimestamp)
	c.Range("parallelizationFactor", in.ParallelizationFactor, 1, 10)
	c.Range("maximumRetryAttempts", in.MaximumRetryAttempts, forever, 10000)
	c.Range("maximumRecordAgeInSeconds", in.MaximumRecordAgeInSeconds, forever, 7*24*60*60)
	if _, err := in.filters(); err != nil && !c.Unknown("filterCriteria") {
		c.Failf("filterCriteria", "%v", err)
	}
	checkDestinationARN(c, "destinationConfig.onFailure.destinationArn", in.destination())
}
