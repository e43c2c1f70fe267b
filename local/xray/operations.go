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

type segmentOutput struct {
	ID       string `json:"Id"`
	Document string
}

type traceOutput struct {
	ID            string `json:"Id"`
	Duration      float64
	LimitExceeded bool
	Segments      []segmentOutput
}

type batchGetTracesOutput struct {
	Traces              []traceOutput
	UnprocessedTraceIDs []string `json:"UnprocessedTraceIds"`
}

// batchGetTraces omits unknown traces, as AWS does.
func (s *Service) batchGetTraces(c *wire.Call) (*batchGetTracesOutput, error) {
	in, err := input[struct{ TraceIDs []string }](c)
	switch {
	case err != nil:
		return nil, err
	case len(in.TraceIDs) < 1 || len(in.TraceIDs) > 5:
		return nil, invalid("TraceIds must have 1 to 5 members, got %d.", len(in.TraceIDs))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &batchGetTracesOutput{Traces: []traceOutput{}, UnprocessedTraceIDs: []string{}}
	for _, id := range in.TraceIDs {
		t := s.traces[id]
		if t == nil {
			continue
		}
		start, end := t.span()
		to := traceOutput{ID: id, Duration: end.Sub(start).Seconds(), LimitExceeded: t.exceeded}
		segments, err := compile(t.segments)
		if err != nil {
			return nil, err
		}
		for _, g := range segments {
			to.Segments = append(to.Segments, segmentOutput{g.ID, g.document})
		}
		out.Traces = append(out.Traces, to)
	}
	return out, nil
}
