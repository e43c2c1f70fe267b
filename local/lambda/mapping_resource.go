package lambda

import (
	"context"
	"net/http"
	"time"

	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/wire"
)

// MappingArgs are the inputs of aws:lambda/eventSourceMapping:EventSourceMapping.
type MappingArgs struct {
	EventSourceARN                 string            `pulumi:"eventSourceArn,replace"`
	FunctionName                   string            `pulumi:"functionName"`
	Enabled                        *bool             `pulumi:"enabled,optional"`
	BatchSize                      *int              `pulumi:"batchSize,optional"`
	MaximumBatchingWindowInSeconds *int              `pulumi:"maximumBatchingWindowInSeconds,optional"`
	FunctionResponseTypes          []string          `pulumi:"functionResponseTypes,optional"`
	Tags                           map[string]string `pulumi:"tags,optional"`

	// Of a queue only:
	ScalingConfig *ScalingConfig `pulumi:"scalingConfig,optional"`

	// Of a stream only:
	StartingPosition           *string            `pulumi:"startingPosition,optional,replace"`
	StartingPositionTimestamp  *string            `pulumi:"startingPositionTimestamp,optional,replace"`
	ParallelizationFactor      *int               `pulumi:"parallelizationFactor,optional"`
	MaximumRetryAttempts       *int               `pulumi:"maximumRetryAttempts,optional"`
	MaximumRecordAgeInSeconds  *int               `pulumi:"maximumRecordAgeInSeconds,optional"`
	BisectBatchOnFunctionError *bool              `pulumi:"bisectBatchOnFunctionError,optional"`
	DestinationConfig          *DestinationConfig `pulumi:"destinationConfig,optional"`
}

// ScalingConfig limits how many invocations a mapping of a queue makes at once.
type ScalingConfig struct {
	MaximumConcurrency *int `pulumi:"maximumConcurrency,optional"`
}

// DestinationConfig tells where the metadata of discarded records go.
type DestinationConfig struct {
	OnFailure *OnFailure `pulumi:"onFailure,optional"`
}

// OnFailure names the destination.
type OnFailure struct {
	DestinationARN string `pulumi:"destinationArn"`
}

// forever is -1 in place of a number of retries or an age: no limit.
const forever = -1

func (in *MappingArgs) stream() bool { return service(in.EventSourceARN) == "kinesis" }

func (in *MappingArgs) batchSize() int {
	if in.stream() {
		return value(in.BatchSize, 100)
	}
	return value(in.BatchSize, 10)
}

// seconds is a setting that is given in seconds.
func seconds(n *int, otherwise int) time.Duration {
	return time.Duration(value(n, otherwise)) * time.Second
}

func (in *MappingArgs) destination() string {
	if in.DestinationConfig == nil || in.DestinationConfig.OnFailure == nil {
		return ""
	}
	return in.DestinationConfig.OnFailure.DestinationARN
}

func (in *MappingArgs) maximumConcurrency() int {
	if in.ScalingConfig == nil {
		return 0
	}
	return value(in.ScalingConfig.MaximumConcurrency, 0)
}

type mappingState struct {
	MappingArgs
	UUID                  string            `pulumi:"uuid"`
	ARN                   string            `pulumi:"arn"`
	FunctionARN           string            `pulumi:"functionArn"`
	LastModified          string            `pulumi:"lastModified"`
	LastProcessingResult  string            `pulumi:"lastProcessingResult"`
	State                 string            `pulumi:"state"`
	StateTransitionReason string            `pulumi:"stateTransitionReason"`
	TagsAll               map[string]string `pulumi:"tagsAll"`
}

func (s *Service) mappingKind() provider.Kind {
	return &provider.Resource[MappingArgs, mappingState]{
		Type:  "aws:lambda/eventSourceMapping:EventSourceMapping",
		Check: checkMapping,
		Create: func(_ context.Context, in *MappingArgs) (string, *mappingState, error) {
			m, err := s.createMapping(in)
			if err != nil {
				return "", nil, err
			}
			return m.uuid, m.resource(), nil
		},
		Read: func(_ context.Context, id string) (*mappingState, error) {
			if m := s.mapping(id); m != nil {
				return m.resource(), nil
			}
			return nil, nil
		},
		Update: func(ctx context.Context, id string, in *MappingArgs) (*mappingState, error) {
			m := s.mapping(id)
			if m == nil {
				return nil, mappingNotFound()
			}
			if err := m.halt(ctx); err != nil {
				return nil, err
			}
			// A refused update leaves the mapping as it was.
			refused := m.configure(in)
			if err := m.start(); err != nil {
				return nil, err
			}
			return m.resource(), refused
		},
		Delete: func(ctx context.Context, id string) error {
			m := s.mapping(id)
			if m == nil {
				return nil
			}
			if err := m.halt(ctx); err != nil {
				return err
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			delete(s.mappings, id)
			s.Roles.Revoke(m.key)
			return nil
		},
	}
}

func mappingNotFound() error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", "The resource you requested does not exist.")
}

func (m *mapping) resource() *mappingState {
	state, result, reason := m.state()
	m.mu.Lock()
	defer m.mu.Unlock()
	st := &mappingState{
		MappingArgs: m.args, UUID: m.uuid, ARN: mappingARN(m.uuid), FunctionARN: functionARN(m.function),
		LastModified: m.modified.Format(time.RFC3339), LastProcessingResult: result, State: state, StateTransitionReason: reason,
		TagsAll: m.args.Tags,
	}
	st.BatchSize, st.Enabled = new(m.args.batchSize()), new(m.enabled())
	if m.args.stream() {
		st.ParallelizationFactor = new(value(m.args.ParallelizationFactor, 1))
		st.MaximumRetryAttempts = new(value(m.args.MaximumRetryAttempts, forever))
		st.MaximumRecordAgeInSeconds = new(value(m.args.MaximumRecordAgeInSeconds, forever))
	}
	return st
}
