package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

type recordList struct {
	Name    string    `json:"name"`
	Records []*record `json:"records"`
	Total   int       `json:"total"`
	Failed  int       `json:"failed"`
}

// getRecords answers with the newest records that match q, or with those of them that failed.
func (c *Console) getRecords(ctx context.Context, r *http.Request, _ *struct{}) (*recordList, error) {
	limit, err := number(r, "limit", 100, 1000)
	if err != nil {
		return nil, err
	}
	out := &recordList{Name: c.settings.Record.Name, Records: []*record{}}
	err = c.indexed(ctx, func(x *records) {
		for _, rec := range x.list {
			if !rec.matches(r.FormValue("q")) {
				continue
			}
			out.Total++
			if rec.Failed {
				out.Failed++
			}
			if rec.Failed || r.FormValue("failed") != "true" {
				found := *rec
				out.Records = append(out.Records, &found)
			}
		}
	})
	slices.SortStableFunc(out.Records, func(a, b *record) int { return b.Started.Compare(a.Started) })
	out.Records = out.Records[:min(limit, len(out.Records))]
	return out, err
}

// matches reports whether an id or a field begins with a text.
func (r *record) matches(q string) bool {
	for _, v := range r.Fields {
		if strings.HasPrefix(v, q) {
			return true
		}
	}
	return strings.HasPrefix(r.ID, q) || strings.HasPrefix(r.TraceID, q)
}
