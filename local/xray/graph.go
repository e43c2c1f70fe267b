package xray

import (
	"encoding/json"
	"path"
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

// edge leads to a service that was called.
type edge struct {
	ReferenceID int `json:"ReferenceId"`
	measured
}

// measured are the statistics of the segments that have ended.
type measured struct {
	SummaryStatistics struct {
		OkCount, TotalCount int
		TotalResponseTime   float64 // seconds
		ErrorStatistics     struct{ ThrottleCount, TotalCount int }
		FaultStatistics     struct{ TotalCount int }
	}
}

func (m *measured) add(segment fields) {
	start, _ := segment["start_time"].(json.Number)
	end, _ := segment["end_time"].(json.Number)
	from, _ := start.Float64() // it was checked
	to, err := end.Float64()
	if err != nil {
		return // in progress
	}
	s := &m.SummaryStatistics
	s.TotalCount++
	s.TotalResponseTime += to - from
	switch {
	case segment["fault"] == true:
		s.FaultStatistics.TotalCount++
	case segment["throttle"] == true:
		s.ErrorStatistics.ThrottleCount++
		fallthrough
	case segment["error"] == true:
		s.ErrorStatistics.TotalCount++
	default:
		s.OkCount++
	}
}

// getServiceGraph describes the traces that started in a range of time, in one page.
// https://docs.aws.amazon.com/xray/latest/api/API_GetServiceGraph.html
func (s *Service) getServiceGraph(c *wire.Call) (wire.Object, error) {
	in, err := input[period](c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	found, err := s.started(*in)
	traces := make([][]document, len(found))
	for i, t := range found {
		traces[i] = slices.Clone(t.segments)
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	g := graph{services: []*service{}}
	for _, trace := range traces {
		g.add(compile(trace))
	}
	return wire.Object{"StartTime": in.StartTime, "EndTime": in.EndTime, "Services": g.services}, nil
}

type graph struct{ services []*service }

// add adds the segments of a trace. A subsegment whose segment is lost belongs to no service.
func (g *graph) add(trace []fields) {
	trace = slices.DeleteFunc(trace, func(s fields) bool { return s["type"] == "subsegment" })
	owner := map[any]*service{} // by the id of a segment or a subsegment
	for _, segment := range trace {
		node := g.service(segment.service())
		node.add(segment)
		segment.walk(func(s fields) { owner[s["id"]] = node })
	}
	for _, segment := range trace {
		name, kind := segment.service()
		node, caller := g.service(name, kind), owner[segment["parent_id"]]
		if segment["parent_id"] == nil {
			node.Root = true
			caller = g.service(name, "client")
		}
		if caller != nil { // else the caller's segment is lost
			caller.to(node).add(segment)
		}
	}
}

// service is the name and the type of the service of a segment. A table or queue that was called has its own name.
func (s fields) service() (name, kind string) {
	name, _ = s["name"].(string)
	kind, _ = s["origin"].(string)
	if aws, _ := s["aws"].(map[string]any); s["inferred"] == true {
		if table, ok := aws["table_name"].(string); ok {
			name = table
		} else if url, ok := aws["queue_url"].(string); ok {
			name = path.Base(url)
		}
	}
	return name, kind
}

func (g *graph) service(name, kind string) *service {
	at := slices.IndexFunc(g.services, func(s *service) bool { return s.Name == name && s.Type == kind })
	if at < 0 {
		at, g.services = len(g.services), append(g.services, &service{ReferenceID: len(g.services), Name: name, Type: kind, Edges: []*edge{}})
	}
	return g.services[at]
}

func (s *service) to(called *service) *edge {
	at := slices.IndexFunc(s.Edges, func(e *edge) bool { return e.ReferenceID == called.ReferenceID })
	if at < 0 {
		at, s.Edges = len(s.Edges), append(s.Edges, &edge{ReferenceID: called.ReferenceID})
	}
	return s.Edges[at]
}
