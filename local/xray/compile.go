package xray

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
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

// compile returns a trace's segments as X-Ray returns them. Subsegments that were sent by themselves are in the one that they belong
// to. An AWS call for which the service sent no segment has an inferred one.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html
func compile(segments []document) []fields {
	segments = slices.Clone(segments)
	slices.SortStableFunc(segments, func(a, b document) int { return cmp.Compare(a.Start, b.Start) })
	index := map[any]fields{} // segments and subsegments by id
	served := map[any]bool{}  // subsegments that are the parent of a segment
	all := make([]fields, len(segments))
	for i, g := range segments {
		_ = strictjson.Decode(g.text, &all[i]) // it was decoded before
		all[i].walk(func(s fields) { index[s["id"]] = s })
		served[g.ParentID] = served[g.ParentID] || g.Type == ""
	}
	for i, g := range segments {
		if parent := index[g.ParentID]; g.Type != "" && parent != nil {
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
			if call["namespace"] == "aws" && !served[call["id"]] {
				all = append(all, infer(call, g.TraceID))
			}
		})
	}
	return slices.DeleteFunc(all, func(s fields) bool { return s == nil })
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
