package lambda

import (
	"context"
	"maps"
	"net/http"
	"slices"
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
	ScalingConfig                  *ScalingConfig    `pulumi:"scalingConfig,optional"`
	Tags                           map[string]string `pulumi:"tags,optional"`
}

// ScalingConfig limits how many invocations a mapping of a queue makes at once.
type ScalingConfig struct {
	MaximumConcurrency *int `pulumi:"maximumConcurrency,optional"`
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

func checkMapping(c *provider.Checker, in *MappingArgs) {
	c.Range("batchSize", in.BatchSize, 1, 10000)
	c.Range("maximumBatchingWindowInSeconds", in.MaximumBatchingWindowInSeconds, 0, 300)
	if value(in.BatchSize, 10) > 10 && value(in.MaximumBatchingWindowInSeconds, 0) < 1 && !c.Unknown("maximumBatchingWindowInSeconds") {
		c.Failf("maximumBatchingWindowInSeconds", "must be 1 at least with a batchSize over 10, got batchSize %d", *in.BatchSize)
	}
	for _, t := range in.FunctionResponseTypes {
		c.OneOf("functionResponseTypes", &t, "ReportBatchItemFailures")
	}
	if in.ScalingConfig != nil {
		c.Range("scalingConfig.maximumConcurrency", in.ScalingConfig.MaximumConcurrency, 2, 1000)
	}
	if !c.Unknown("functionName") {
		if _, err := parseReference(in.FunctionName, ""); err != nil {
			c.Failf("functionName", "must be a name or an ARN of a function, got %q", in.FunctionName)
		}
	}
	if !c.Unknown("eventSourceArn") && (service(in.EventSourceARN) != "sqs" || !inAccount(in.EventSourceARN)) {
		c.Failf("eventSourceArn", "must be the ARN of a queue of this account and Region: the embedded cloud has no other event sources, got %q", in.EventSourceARN)
	}
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
	st.BatchSize, st.Enabled = new(value(m.args.BatchSize, 10)), new(m.enabled())
	return st
}

type mappingOutput struct {
	UUID                           string
	BatchSize                      int
	MaximumBatchingWindowInSeconds int
	EventSourceARN                 string         `json:"EventSourceArn"`
	EventSourceMappingARN          string         `json:"EventSourceMappingArn"`
	FunctionARN                    string         `json:"FunctionArn"`
	FunctionResponseTypes          []string       `json:",omitempty"`
	LastModified                   float64        // seconds since the epoch
	ScalingConfig                  *scalingOutput `json:",omitempty"`
	LastProcessingResult           string
	State                          string
	StateTransitionReason          string
}

type scalingOutput struct{ MaximumConcurrency int }

func (m *mapping) output() *mappingOutput {
	state, result, reason := m.state()
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &mappingOutput{
		UUID: m.uuid, BatchSize: value(m.args.BatchSize, 10), MaximumBatchingWindowInSeconds: value(m.args.MaximumBatchingWindowInSeconds, 0),
		EventSourceARN: m.args.EventSourceARN, EventSourceMappingARN: mappingARN(m.uuid), FunctionARN: functionARN(m.function),
		FunctionResponseTypes: m.args.FunctionResponseTypes, LastModified: float64(m.modified.UnixMilli()) / 1000,
		LastProcessingResult: result, State: state, StateTransitionReason: reason,
	}
	if n := m.args.maximumConcurrency(); n > 0 {
		out.ScalingConfig = &scalingOutput{n}
	}
	return out
}

type listMappingsOutput struct{ EventSourceMappings []*mappingOutput }

func (s *Service) listMappings(c *wire.Call) (*listMappingsOutput, error) {
	if err := query(c, "EventSourceArn", "FunctionName", "MaxItems"); err != nil {
		return nil, err
	}
	if err := c.Authorize("lambda:ListEventSourceMappings", "*"); err != nil {
		return nil, err
	}
	source, function := c.URL.Query().Get("EventSourceArn"), c.URL.Query().Get("FunctionName")
	if function != "" {
		ref, err := parseReference(function, "")
		if err != nil {
			return nil, err
		}
		function = ref.name
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listMappingsOutput{EventSourceMappings: []*mappingOutput{}}
	for _, id := range slices.Sorted(maps.Keys(s.mappings)) {
		m := s.mappings[id]
		if (source == "" || source == m.args.EventSourceARN) && (function == "" || function == m.function) {
			out.EventSourceMappings = append(out.EventSourceMappings, m.output())
		}
	}
	return out, nil
}

func (s *Service) getMapping(c *wire.Call) (*mappingOutput, error) {
	id := c.PathValue("uuid")
	if err := c.Authorize("lambda:GetEventSourceMapping", mappingARN(id)); err != nil {
		return nil, err
	}
	m := s.mapping(id)
	if m == nil {
		return nil, mappingNotFound()
	}
	return m.output(), nil
}
