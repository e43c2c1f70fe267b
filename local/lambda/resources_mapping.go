package lambda

import (
	"context"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/provider"
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

// forever is -1 as a number of retries or an age: no limit.
const forever = -1

func (in *MappingArgs) stream() bool {
	return strings.HasPrefix(in.EventSourceARN, kinesis.StreamARN(""))
}

// withDefaults sets AWS's default of each input that is absent.
func (in MappingArgs) withDefaults() MappingArgs {
	batch := 10
	if in.stream() {
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

func (in *MappingArgs) destination() string {
	if in.DestinationConfig == nil || in.DestinationConfig.OnFailure == nil {
		return ""
	}
	return in.DestinationConfig.OnFailure.DestinationARN
}

type mappingState struct {
	MappingArgs
	UUID                 string `pulumi:"uuid"`
	ARN                  string `pulumi:"arn" json:"EventSourceMappingArn"`
	FunctionARN          string `pulumi:"functionArn" json:"FunctionArn"`
	LastModified         string `pulumi:"lastModified" json:"-"`
	LastProcessingResult string `pulumi:"lastProcessingResult"`
	State                string `pulumi:"state"`
}

func (m *mapping) resource() *mappingState {
	state, result := m.state()
	m.mu.Lock()
	defer m.mu.Unlock()
	return &mappingState{
		MappingArgs: m.args, UUID: m.uuid, ARN: mappingARN(m.uuid), FunctionARN: functionARN(m.function),
		LastModified: m.modified.Format(time.RFC3339), LastProcessingResult: result, State: state,
	}
}

func (s *Service) mappingKind() provider.Kind {
	return &provider.Object[MappingArgs, mappingState, mapping]{
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
