package lambda

import (
	"maps"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func mappingARN(uuid string) string { return account.ARN("lambda", "event-source-mapping:"+uuid) }

// mappingOutput is EventSourceMappingConfiguration.
type mappingOutput struct {
	MappingArgs
	UUID                      string
	EventSourceMappingARN     string  `json:"EventSourceMappingArn"`
	FunctionARN               string  `json:"FunctionArn"`
	StartingPositionTimestamp float64 `json:",omitempty"` // seconds since 1970
	LastModified              float64 // seconds since 1970
	LastProcessingResult      string
	State                     string
}

func (m *mapping) output() *mappingOutput {
	state, result := m.state()
	m.mu.Lock()
	defer m.mu.Unlock()
	out := &mappingOutput{
		MappingArgs: m.args, UUID: m.uuid, EventSourceMappingARN: mappingARN(m.uuid), FunctionARN: functionARN(m.function),
		LastModified: float64(m.modified.UnixMilli()) / 1000, LastProcessingResult: result, State: state,
	}
	if at, err := time.Parse(time.RFC3339, value(m.args.StartingPositionTimestamp, "")); err == nil {
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
		var err error
		if function, err = parseName(function); err != nil {
			return nil, err
		}
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
	m, err := s.mapping(id)
	if err != nil {
		return nil, err
	}
	return m.output(), nil
}
