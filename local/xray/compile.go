package xray

import (
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/local/wire"
)

type fields map[string]any

func (s fields) walk(f func(fields)) {
	f(s)
	subs, _ := s["subsegments"].([]any)
	for _, sub := range subs {
		if sub, ok := sub.(map[string]any); ok {
			fields(sub).walk(f)
		}
	}
}

// compile returns the segments of a trace as X-Ray returns them. Subsegments that were sent by themselves are in the one that
// they belong to. An AWS call for which the service sent no segment has an inferred one.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html
func compile(segments []Segment) (list []Segment, err error) {
	segments = slices.Clone(segments)
	slices.SortStableFunc(segments, func(a, b Segment) int { return cmp.Compare(a.Start.UnixMicro(), b.Start.UnixMicro()) })
	index := map[any]fields{} // segments and subsegments by id
	served := map[any]bool{}  // subsegments that are the parent of a segment
	all := make([]fields, len(segments))
	for i := range segments {
		text, err := segments[i].render()
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&all[i]); err != nil {
			return nil, err
		}
		all[i].walk(func(s fields) { index[fmt.Sprint(s["id"])] = s })
		served[segments[i].ParentID] = served[segments[i].ParentID] || !segments[i].subsegment
	}
	for i, g := range segments {
		if parent := index[g.ParentID]; g.subsegment && parent != nil {
			for _, name := range []string{"type", "trace_id", "parent_id"} {
				delete(all[i], name)
			}
			subs, _ := parent["subsegments"].([]any)
			parent["subsegments"] = append(subs, map[string]any(all[i]))
			all[i] = nil
		}
	}
	for i, g := range segments {
		all[i].walk(func(call fields) {
			if call["namespace"] == "aws" && !served[fmt.Sprint(call["id"])] {
				all = append(all, infer(call, g.TraceID))
			}
		})
	}
	for _, s := range all {
		if s == nil {
			continue
		}
		text, err := json.Marshal(s)
		if err != nil {
			return nil, err
		}
		d, err := decode(string(text))
		if err != nil {
			return nil, err
		}
		list = append(list, d.Segment)
	}
	return list, nil
}

func infer(call fields, traceID string) fields {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, call["id"])
	s := fields{
		"id": fmt.Sprintf("%016x", h.Sum64()), "parent_id": call["id"], "trace_id": traceID, "inferred": true, "origin": fmt.Sprint("AWS::", call["name"]),
	}
	for _, name := range []string{"name", "start_time", "end_time", "in_progress", "http", "aws", "error", "fault", "throttle"} {
		if v := call[name]; v != nil {
			s[name] = v
		}
	}
	if aws, _ := call["aws"].(map[string]any); aws["table_name"] != nil {
		s["origin"] = "AWS::DynamoDB::Table"
	} else if aws["queue_url"] != nil {
		s["origin"] = "AWS::SQS::Queue"
	}
	return s
}

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
	ReferenceID int `json:"ReferenceId"`
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

// getServiceGraph describes the traces that started in a range of time, in one page.
func (s *Service) getServiceGraph(c *wire.Call) (wire.Object, error) {
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
	return wire.Object{"StartTime": in.StartTime, "EndTime": in.EndTime, "Services": services(all)}, nil
}

func services(all []Segment) []*service {
	list := []*service{}
	node := func(name, kind string) *service {
		at := slices.IndexFunc(list, func(n *service) bool { return n.Name == name && n.Type == kind })
		if at < 0 {
			at, list = len(list), append(list, &service{ReferenceID: len(list), Name: name, Type: kind, Edges: []*edge{}})
		}
		return list[at]
	}
	connect := func(from, to *service, g *Segment) {
		if from == nil {
			return // the caller's segment is lost
		}
		at := slices.IndexFunc(from.Edges, func(e *edge) bool { return e.ReferenceID == to.ReferenceID })
		if at < 0 {
			at, from.Edges = len(from.Edges), append(from.Edges, &edge{ReferenceID: to.ReferenceID})
		}
		from.Edges[at].add(g)
	}
	nodes := make([]*service, len(all))
	owner := map[string]*service{} // by id of a segment or subsegment
	for i := range all {
		g := &all[i]
		nodes[i] = node(cmp.Or(g.resource, g.Name), g.Origin)
		nodes[i].add(g)
		for _, id := range g.within {
			owner[id] = nodes[i]
		}
	}
	for i := range all {
		g := &all[i]
		if connect(owner[g.ParentID], nodes[i], g); g.ParentID == "" {
			nodes[i].Root = true
			connect(node(g.Name, "client"), nodes[i], g)
		}
	}
	return list
}
