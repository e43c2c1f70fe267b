package xray

import (
	"cmp"
	"slices"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// service is a node of the service graph: https://docs.aws.amazon.com/xray/latest/api/API_Service.html
type service struct {
	ReferenceID       int    `json:"ReferenceId"`
	AccountID         string `json:"AccountId"`
	Name, Type, State string
	Names             []string
	Root              bool `json:",omitempty"`
	Edges             []*edge
	measured
}

// edge leads to a service that was called or, with the type link, that received messages.
type edge struct {
	ReferenceID int    `json:"ReferenceId"`
	EdgeType    string `json:",omitempty"`
	Aliases     []struct{}
	measured
}

type measured struct {
	StartTime, EndTime float64
	SummaryStatistics  struct {
		OkCount, TotalCount int
		TotalResponseTime   float64 // in seconds
		ErrorStatistics     struct{ ThrottleCount, OtherCount, TotalCount int }
		FaultStatistics     struct{ OtherCount, TotalCount int }
	}
}

// add measures a segment, unless it is in progress.
func (m *measured) add(g *Segment) {
	if g.End.IsZero() {
		return
	}
	start, end, s := seconds(g.Start), seconds(g.End), &m.SummaryStatistics
	if s.TotalCount == 0 {
		m.StartTime = start
	}
	m.StartTime, m.EndTime = min(m.StartTime, start), max(m.EndTime, end)
	s.TotalCount++
	s.TotalResponseTime += end - start
	switch {
	case g.Fault:
		s.FaultStatistics.TotalCount++
		s.FaultStatistics.OtherCount++
	case g.Throttle:
		s.ErrorStatistics.TotalCount++
		s.ErrorStatistics.ThrottleCount++
	case g.Error:
		s.ErrorStatistics.TotalCount++
		s.ErrorStatistics.OtherCount++
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
	node := func(name, kind, state string) *service {
		at := slices.IndexFunc(list, func(n *service) bool { return n.Name == name && n.Type == kind })
		if at < 0 {
			at, list = len(list), append(list, &service{
				ReferenceID: len(list), AccountID: account.ID, Name: name, Names: []string{name}, Type: kind, State: state, Edges: []*edge{},
			})
		}
		return list[at]
	}
	connect := func(from, to *service, kind string, g *Segment) {
		if from == nil {
			return // the caller's segment is lost
		}
		at := slices.IndexFunc(from.Edges, func(e *edge) bool { return e.ReferenceID == to.ReferenceID && e.EdgeType == kind })
		if at < 0 {
			at, from.Edges = len(from.Edges), append(from.Edges, &edge{ReferenceID: to.ReferenceID, EdgeType: kind, Aliases: []struct{}{}})
		}
		from.Edges[at].add(g)
	}
	nodes := make([]*service, len(all))
	owner, called := map[string]*service{}, map[string]*service{} // by id of a segment or subsegment
	for i := range all {
		g := &all[i]
		if g.inferred {
			nodes[i] = node(cmp.Or(g.resource, g.Name), g.Origin, "unknown")
			called[g.ParentID] = nodes[i]
		} else {
			nodes[i] = node(g.Name, g.Origin, "active")
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
			connect(node(g.Name, "client", "unknown"), nodes[i], "", g)
		}
		for _, l := range g.Links {
			connect(cmp.Or(called[l.ID], owner[l.ID]), nodes[i], "link", g)
		}
	}
	return list
}
