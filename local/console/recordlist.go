package console

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type recordSummary struct {
	ID        string            `json:"id"`
	Component string            `json:"component"`
	Started   time.Time         `json:"started"`
	LastSeen  time.Time         `json:"lastSeen"`
	Outcome   string            `json:"outcome"`
	Failed    bool              `json:"failed"`
	Reason    string            `json:"reason"`
	TraceID   string            `json:"traceId"`
	Fields    map[string]string `json:"fields"`
}

type recordList struct {
	Name    string          `json:"name"`
	Records []recordSummary `json:"records"`
	Total   int             `json:"total"`
	Failed  int             `json:"failed"`
}

// getRecords answers with the newest records that match q, or with those of them that failed.
func (c *Console) getRecords(ctx context.Context, r *http.Request, _ *struct{}) (*recordList, error) {
	limit := 100
	if text := r.FormValue("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return nil, invalidf("limit: must be a number from 1 to 1000, got %q", text)
		}
	}
	out := &recordList{Name: c.settings.Record.Name, Records: []recordSummary{}}
	err := c.indexed(ctx, func(x *records) error {
		for _, rec := range x.list {
			if !rec.matches(r.FormValue("q")) {
				continue
			}
			out.Total++
			s := recordSummary{rec.id, rec.component, rec.started, rec.lastSeen, rec.outcome, false, "", rec.traceID, maps.Clone(rec.fields)}
			if reason, failed := rec.failure(); failed {
				s.Failed, s.Reason = true, reason
				out.Failed++
			}
			if s.Failed || r.FormValue("failed") != "true" {
				out.Records = append(out.Records, s)
			}
		}
		return nil
	})
	slices.SortStableFunc(out.Records, func(a, b recordSummary) int { return b.Started.Compare(a.Started) })
	out.Records = out.Records[:min(limit, len(out.Records))]
	return out, err
}

// matches reports whether an id or a field begins with a text.
func (r *record) matches(q string) bool {
	for _, v := range r.fields {
		if strings.HasPrefix(v, q) {
			return true
		}
	}
	return strings.HasPrefix(r.id, q) || strings.HasPrefix(r.traceID, q)
}
