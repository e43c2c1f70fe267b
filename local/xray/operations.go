package xray

import (
	"github.com/order-patterns/order-patterns/local/wire"
)

func input[In any](c *wire.Call) (*In, error) {
	if err := c.Authorize("xray:"+c.Operation, "*"); err != nil {
		return nil, err
	}
	in := new(In)
	return in, c.DecodeJSON(in)
}

// batchGetTraces omits unknown traces, as AWS does.
func (s *Service) batchGetTraces(c *wire.Call) (wire.Object, error) {
	in, err := input[struct{ TraceIDs []string }](c)
	switch {
	case err != nil:
		return nil, err
	case len(in.TraceIDs) < 1 || len(in.TraceIDs) > 5:
		return nil, invalid("TraceIds must have 1 to 5 members, got %d.", len(in.TraceIDs))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	traces := []wire.Object{}
	for _, id := range in.TraceIDs {
		t := s.traces[id]
		if t == nil {
			continue
		}
		start, end := t.span()
		segments, err := compile(t.segments)
		if err != nil {
			return nil, err
		}
		var list []wire.Object
		for _, g := range segments {
			list = append(list, wire.Object{"Id": g.ID, "Document": g.document})
		}
		traces = append(traces, wire.Object{
			"Id": id, "Duration": end.Sub(start).Seconds(), "LimitExceeded": t.exceeded, "Segments": list,
		})
	}
	return wire.Object{"Traces": traces, "UnprocessedTraceIds": []string{}}, nil
}
