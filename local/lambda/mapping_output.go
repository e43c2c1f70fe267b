package lambda

import (
	"maps"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

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
	*streamMappingOutput           // of a stream only
}

type scalingOutput struct{ MaximumConcurrency int }

type streamMappingOutput struct {
	BisectBatchOnFunctionError bool
	DestinationConfig          destinationOutput
	MaximumRecordAgeInSeconds  int
	MaximumRetryAttempts       int
	ParallelizationFactor      int
	StartingPosition           string
	StartingPositionTimestamp  float64 `json:",omitempty"` // seconds since the epoch
	TumblingWindowInSeconds    int
}

type destinationOutput struct {
	OnFailure struct {
		Destination string `json:",omitempty"`
	}
}

func (m *mapping) output() *mappingOutput {
	state, result, reason := m.state()
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &mappingOutput{
		UUID: m.uuid, BatchSize: m.args.batchSize(), MaximumBatchingWindowInSeconds: value(m.args.MaximumBatchingWindowInSeconds, 0),
		EventSourceARN: m.args.EventSourceARN, EventSourceMappingARN: mappingARN(m.uuid), FunctionARN: functionARN(m.function),
		FunctionResponseTypes: m.args.FunctionResponseTypes, LastModified: float64(m.modified.UnixMilli()) / 1000,
		LastProcessingResult: result, State: state, StateTransitionReason: reason,
	}
	if n := m.args.maximumConcurrency(); n > 0 {
		out.ScalingConfig = &scalingOutput{n}
	}
	if m.args.stream() {
		out.streamMappingOutput = m.args.streamOutput()
	}
	return out
}

func (in *MappingArgs) streamOutput() *streamMappingOutput {
	out := &streamMappingOutput{
		BisectBatchOnFunctionError: value(in.BisectBatchOnFunctionError, false),
		MaximumRecordAgeInSeconds:  value(in.MaximumRecordAgeInSeconds, forever),
		MaximumRetryAttempts:       value(in.MaximumRetryAttempts, forever),
		ParallelizationFactor:      value(in.ParallelizationFactor, 1),
		StartingPosition:           value(in.StartingPosition, ""),
	}
	out.DestinationConfig.OnFailure.Destination = in.destination()
	if at, err := time.Parse(time.RFC3339, value(in.StartingPositionTimestamp, "")); err == nil {
		out.StartingPositionTimestamp = float64(at.UnixMilli()) / 1000
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
