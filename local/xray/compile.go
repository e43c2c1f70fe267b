package xray

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
)

// compile returns the segments of a trace by start, as X-Ray returns them. Subsegments that were sent by themselves are in
// the one that they belong to. An AWS call for which the service sent no segment has an inferred one.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html
func compile(segments []Segment) (list []Segment, err error) {
	segments = slices.Clone(segments)
	slices.SortStableFunc(segments, func(a, b Segment) int { return cmp.Compare(a.Start.UnixMicro(), b.Start.UnixMicro()) })
	index := map[string]map[string]any{} // segments and subsegments by id
	served := map[string]bool{}          // subsegments that are the parent of a segment
	roots := make([]map[string]any, len(segments))
	for i := range segments {
		text, err := segments[i].render()
		if err != nil {
			return nil, err
		}
		d := json.NewDecoder(bytes.NewReader([]byte(text)))
		d.UseNumber()
		if err := d.Decode(&roots[i]); err != nil {
			return nil, err
		}
		walk(roots[i], func(fields map[string]any) { index[fmt.Sprint(fields["id"])] = fields })
		served[segments[i].ParentID] = served[segments[i].ParentID] || !segments[i].subsegment
	}
	for i := range segments {
		if parent := index[segments[i].ParentID]; segments[i].subsegment && parent != nil {
			maps.DeleteFunc(roots[i], func(name string, _ any) bool { return name == "type" || name == "trace_id" || name == "parent_id" })
			subs, _ := parent["subsegments"].([]any)
			parent["subsegments"] = append(subs, roots[i])
			roots[i] = nil
		}
	}
	for i, root := range roots {
		if root == nil {
			continue
		}
		inferred := []map[string]any{root}
		walk(root, func(call map[string]any) {
			if call["namespace"] == "aws" && !served[fmt.Sprint(call["id"])] {
				inferred = append(inferred, infer(call, segments[i].TraceID))
			}
		})
		for _, fields := range inferred {
			text, err := json.Marshal(fields)
			if err != nil {
				return nil, err
			}
			d, err := decode(string(text))
			if err != nil {
				return nil, err
			}
			list = append(list, d.Segment)
		}
	}
	return list, nil
}

// walk calls f for a segment and for all subsegments in it.
func walk(fields map[string]any, f func(map[string]any)) {
	f(fields)
	subs, _ := fields["subsegments"].([]any)
	for _, sub := range subs {
		if sub, ok := sub.(map[string]any); ok {
			walk(sub, f)
		}
	}
}

// infer returns the segment of the service that was called.
func infer(call map[string]any, traceID string) map[string]any {
	inferred := maps.Clone(call)
	maps.DeleteFunc(inferred, func(name string, _ any) bool {
		return slices.Contains([]string{"namespace", "subsegments", "annotations", "metadata", "cause", "type"}, name)
	})
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, call["id"])
	aws, _ := call["aws"].(map[string]any)
	origin := fmt.Sprint("AWS::", call["name"])
	switch {
	case aws["table_name"] != nil:
		origin = "AWS::DynamoDB::Table"
	case aws["queue_url"] != nil:
		origin = "AWS::SQS::Queue"
	}
	maps.Copy(inferred, map[string]any{
		"id": fmt.Sprintf("%016x", h.Sum64()), "parent_id": call["id"], "trace_id": traceID, "inferred": true, "origin": origin,
	})
	return inferred
}
