package lambda

import (
	"maps"
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

func mappingARN(uuid string) string { return account.ARN("lambda", "event-source-mapping:"+uuid) }

// mappingOutput is EventSourceMappingConfiguration. Its times are seconds since 1970.
type mappingOutput struct {
	*mappingState
	StartingPositionTimestamp float64 `json:",omitempty"`
	LastModified              float64
}

func (m *mapping) output() *mappingOutput {
	out := &mappingOutput{mappingState: m.resource()}
	if at, err := time.Parse(time.RFC3339, value(out.MappingArgs.StartingPositionTimestamp, "")); err == nil {
		out.StartingPositionTimestamp = float64(at.UnixMilli()) / 1000
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out.LastModified = float64(m.modified.UnixMilli()) / 1000
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
