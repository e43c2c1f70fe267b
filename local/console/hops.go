package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// hop is a step of a record on its way: a segment of its trace, or without a trace, what a function has logged.
type hop struct {
	Name       string  `json:"name"`
	Kind       string  `json:"kind"` // that of a node, or call or work
	Node       string  `json:"node"` // ARN
	Parent     int     `json:"parent"`
	StartMs    float64 `json:"startMs"` // since the first segment
	DurationMs float64 `json:"durationMs"`
	Status     string  `json:"status"` // ok, error or running
	Detail     string  `json:"detail"`
}

// segment is a segment document: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
type segment struct {
	ID, Name, Origin, Namespace      string
	ParentID                         string  `json:"parent_id"`
	Start                            float64 `json:"start_time"`
	End                              float64 `json:"end_time"`
	Inferred, Error, Fault, Throttle bool
	Annotations                      map[string]any
	AWS                              struct {
		Operation string
		Table     string `json:"table_name"`
		Queue     string `json:"queue_url"`
	}
	HTTP        struct{ Response struct{ Status int } }
	Cause       struct{ Exceptions []struct{ Type string } }
	Subsegments []segment
}

// origins are the kinds of nodes by the origin of their segments.
var origins = map[string]string{
	"AWS::ApiGateway::Stage": kindAPI, "AWS::Lambda::Function": kindFunction, "AWS::StepFunctions::StateMachine": kindMachine, "AWS::SNS::Topic": kindTopic,
}

// conditionFailed is the answer to a write that has been made before, or must not be made. X-Ray counts it as an error.
const conditionFailed = "ConditionalCheckFailedException"

// maxTraces is how many traces BatchGetTraces returns at most:
// https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html
const maxTraces = 5

func (s *story) addHops() error {
	var all []segment
	if len(s.TraceIDs) > 0 {
		out, err := xray.NewFromConfig(s.config).BatchGetTraces(s.ctx, &xray.BatchGetTracesInput{TraceIds: s.TraceIDs[:min(len(s.TraceIDs), maxTraces)]})
		if err != nil {
			return err
		}
		for _, trace := range out.Traces {
			for _, document := range trace.Segments {
				var g segment
				if err := json.Unmarshal([]byte(*document.Document), &g); err != nil {
					return fmt.Errorf("reading the trace %s: %w", *trace.Id, err)
				}
				all = g.flatten(all)
			}
		}
	}
	if s.Hops = s.waterfall(all); len(s.Hops) == 0 { // no trace was recorded
		s.Hops = s.logged()
	}
	return nil
}

// flatten adds a segment and those in it.
func (g segment) flatten(all []segment) []segment {
	all = append(all, g)
	for _, sub := range g.Subsegments {
		sub.ParentID = g.ID
		all = sub.flatten(all)
	}
	return all
}

// waterfall makes hops of segments, parents before children. It leaves out what is there twice: segments of Lambda around those of
// functions, and those that X-Ray infers from calls.
func (s *story) waterfall(all []segment) []hop {
	hops := []hop{}
	children := map[string][]*segment{}
	slices.SortStableFunc(all, func(a, b segment) int { return cmp.Compare(a.Start, b.Start) })
	for i := range all {
		parent := all[i].ParentID
		if !slices.ContainsFunc(all, func(g segment) bool { return g.ID == parent }) {
			parent = "" // that of the client
		}
		children[parent] = append(children[parent], &all[i])
	}
	var walk func(of string, parent int)
	walk = func(of string, parent int) {
		for _, g := range children[of] {
			at := parent
			if !g.Inferred && g.Origin != "AWS::Lambda" {
				at, hops = len(hops), append(hops, s.hop(g, parent, all[0].Start))
			}
			walk(g.ID, at)
		}
	}
	walk("", -1)
	return hops
}

// hop describes a segment of a trace that began at a time.
func (s *story) hop(g *segment, parent int, began float64) hop {
	h := hop{
		Name: g.Name, Kind: cmp.Or(origins[g.Origin], "work"), Parent: parent, Status: "ok",
		StartMs: (g.Start - began) * 1000, DurationMs: max(0, g.End-g.Start) * 1000,
	}
	resource := strings.TrimSuffix(g.Name, "/"+g.Name[strings.LastIndex(g.Name, "/")+1:]) // of an API, without its stage
	if g.Namespace == "aws" {
		h.Kind, h.Name = "call", g.Name+" "+g.AWS.Operation
		resource = cmp.Or(g.AWS.Table, g.AWS.Queue[strings.LastIndex(g.AWS.Queue, "/")+1:])
	}
	for _, n := range s.component.Nodes {
		if n.Resource == resource && (n.Kind == h.Kind || h.Kind == "call") {
			h.Node = n.ID
			if h.Kind != "call" {
				h.Name = n.Name
			}
		}
	}
	if outcome, _ := g.Annotations["outcome"].(string); outcome != "" {
		h.Detail = outcome
	} else if status := g.HTTP.Response.Status; status > 0 {
		h.Detail = fmt.Sprint("HTTP ", status)
	}
	if len(g.Cause.Exceptions) > 0 {
		h.Detail = g.Cause.Exceptions[0].Type
	}
	switch {
	case g.Error && h.Detail == conditionFailed:
	case g.Error, g.Fault, g.Throttle:
		h.Status = "error"
	case g.End == 0:
		h.Status = "running"
	}
	return h
}

// logged makes hops of the lines of a record whose trace was not recorded, one for each invocation.
func (s *story) logged() []hop {
	hops, index := []hop{}, map[string]int{}
	for _, l := range s.lines {
		at := l.at.Sub(s.lines[0].at).Seconds() * 1000
		i, known := index[l.function+l.text("requestId")]
		if !known {
			i, hops = len(hops), append(hops, hop{Name: s.graph.nodes[l.function].Name, Kind: kindFunction, Node: l.function, Parent: -1, StartMs: at})
			index[l.function+l.text("requestId")] = i
		}
		hops[i].DurationMs, hops[i].Status, hops[i].Detail = at-hops[i].StartMs, "ok", cmp.Or(l.text("outcome"), hops[i].Detail)
		if l.failed() {
			hops[i].Status = "error"
		}
	}
	return hops
}
