package xray

import (
	"cmp"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

// service is a node of the service graph: https://docs.aws.amazon.com/xray/latest/api/API_Service.html
type service struct {
	ReferenceID int `json:"ReferenceId"`
	Name, Type  string
	Root        bool `json:",omitempty"`
	Edges       []*edge
	measured
}

// edge leads to a service that was called or, with the type link, that received messages.
type edge struct {
	ReferenceID int    `json:"ReferenceId"`
	EdgeType    string `json:",omitempty"`
	measured
}

type measured struct {
	SummaryStatistics struct {
		OkCount, TotalCount int
		TotalResponseTime   float64 // in seconds
		ErrorStatistics     struct{ ThrottleCount, TotalCount int }
		FaultStatistics     struct{ TotalCount int }
	}
}

// add measures a segment, unless it is in progress.
func (m *measured) add(g *Segment) {
	if g.End.IsZero() {
		return
	}
	s := &m.SummaryStatistics
	s.TotalCount++
	s.TotalResponseTime += g.End.Sub(g.Start).Seconds()
	switch {
	case g.Fault:
		s.FaultStatistics.TotalCount++
	case g.Throttle:
		s.ErrorStatistics.ThrottleCount++
		fallthrough
	case g.Error:
		s.ErrorStatistics.TotalCount++
	default:
		s.OkCount++
	}
}

type getServiceGraphOutput struct {
	StartTime, EndTime float64
	Services           []*service
}

// getServiceGraph describes the traces that started in a range of time, in one page.
func (s *Service) getServiceGraph(c *wire.Call) (*getServiceGraphOutput, error) {
	in, err := input[struct{ StartTime, EndTime float64 }](c)
	if err != nil {
		return nil, err
	}
	var traces [][]Segment
	s.mu.Lock()
	for t := range s.between(in.StartTime, in.EndTime) {
		traces = append(traces, slices.Clone(t.segments))
	}
	s.mu.Unlock()
	var all []Segment
	for _, t := range traces {
		segments, err := compile(t)
		if err != nil {
			return nil, err
		}
		all = append(all, slices.DeleteFunc(segments, func(g Segment) bool { return g.subsegment })...) // without their segment
	}
	return &getServiceGraphOutput{in.StartTime, in.EndTime, services(all)}, nil
}

// services makes the graph of segments.
func services(all []Segment) []*service {
	list := []*service{}
	node := func(name, kind string) *service {
		at := slices.IndexFunc(list, func(n *service) bool { return n.Name == name && n.Type == kind })
		if at < 0 {
			at, list = len(list), append(list, &service{ReferenceID: len(list), Name: name, Type: kind, Edges: []*edge{}})
		}
		return list[at]
	}
	connect := func(from, to *service, kind string, g *Segment) {
		if from == nil {
			return // the caller's segment is lost
		}
		at := slices.IndexFunc(from.Edges, func(e *edge) bool { return e.ReferenceID == to.ReferenceID && e.EdgeType == kind })
		if at < 0 {
			at, from.Edges = len(from.Edges), append(from.Edges, &edge{ReferenceID: to.ReferenceID, EdgeType: kind})
		}
		from.Edges[at].add(g)
	}
	nodes := make([]*service, len(all))
	owner, called := map[string]*service{}, map[string]*service{} // by id of a segment or subsegment
	for i := range all {
		g := &all[i]
		if nodes[i] = node(cmp.Or(g.resource, g.Name), g.Origin); g.inferred {
			called[g.ParentID] = nodes[i]
		}
		nodes[i].add(g)
		for _, id := range g.within {
			owner[id] = nodes[i]
		}
	}
	for i := range all {
		g := &all[i]
		if connect(owner[g.ParentID], nodes[i], "", g); g.ParentID == "" {
			nodes[i].Root = true
			connect(node(g.Name, "client"), nodes[i], "", g)
		}
		for _, l := range g.Links {
			connect(cmp.Or(called[l.ID], owner[l.ID]), nodes[i], "link", g)
		}
	}
	return list
}
