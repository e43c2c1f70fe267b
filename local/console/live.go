package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// sampleEvery is how often a page gets what happens.
const sampleEvery = time.Second

// live answers GET /api/live with server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
// What happens is read for each page, and only while it is connected.
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	s, failed := c.newSampler(), false
	defer s.requests.watch(c.cloud.Account.Faults)()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		drawn := s.drawn
		live, err := s.sample(r.Context())
		if err != nil && !failed && r.Context().Err() == nil { // it may last: only the first is logged
			c.cloud.Account.Log.Warn("reading what happens for the console", "error", err)
		}
		failed = err != nil
		if drawn != nil && drawn != s.drawn {
			fmt.Fprint(w, "event: map\ndata: {}\n\n")
		}
		text, err := json.Marshal(live)
		if err != nil {
			return // never: Live has a JSON form
		}
		if _, err := fmt.Fprintf(w, "event: live\ndata: %s\n\n", text); err != nil || http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}
