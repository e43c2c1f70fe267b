package console

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"
)

// sampleEvery is how often a page gets what happens, and sampleLimit how long one sample may take.
const (
	sampleEvery = time.Second
	sampleLimit = 5 * time.Second
)

// hub samples for all pages that are connected, and only while there are any.
type hub struct {
	mu    sync.Mutex
	pages map[chan *Live]bool
	last  *Live // nil before the first sample
	stop  context.CancelFunc
}

// join adds a page. The channel holds only the newest sample, so that a slow page misses some.
func (h *hub) join(c *Console) chan *Live {
	page := make(chan *Live, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last != nil {
		page <- h.last
	}
	if len(h.pages) == 0 {
		h.pages = map[chan *Live]bool{}
		var ctx context.Context
		ctx, h.stop = context.WithCancel(context.Background())
		go h.run(ctx, c)
	}
	h.pages[page] = true
	return page
}

func (h *hub) leave(page chan *Live) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if delete(h.pages, page); len(h.pages) == 0 {
		h.stop()
		h.last = nil
	}
}

func (h *hub) run(ctx context.Context, c *Console) {
	s, failed := c.newSampler(), false
	defer s.requests.watch(c.cloud.Account.Faults)()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, sampleLimit)
		live, err := s.sample(limited)
		cancel()
		if err != nil && !failed && ctx.Err() == nil { // it may last: only the first is logged
			c.cloud.Account.Log.Warn("reading what happens for the console", "error", err)
		}
		failed = err != nil
		h.send(ctx, live)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

func (h *hub) send(ctx context.Context, live *Live) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil { // another run may have begun
		return
	}
	h.last = live
	for page := range h.pages {
		select {
		case <-page:
		default:
		}
		page <- live
	}
}

// live answers GET /api/live with server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	page := c.hub.join(c)
	defer c.hub.leave(page)
	var before map[string]*Activity // at the first sample, for totals since then
	changes := -1
	for {
		select {
		case <-r.Context().Done():
			return
		case live := <-page:
			if before == nil {
				before, changes = live.Nodes, live.changes
			}
			if live.changes != changes {
				changes = live.changes
				fmt.Fprint(w, "event: map\ndata: {}\n\n")
			}
			text, err := json.Marshal(live.since(before))
			if err != nil {
				return // never: Live has a JSON form
			}
			if _, err := fmt.Fprintf(w, "event: live\ndata: %s\n\n", text); err != nil || http.NewResponseController(w).Flush() != nil {
				return
			}
		}
	}
}

// since returns a copy whose totals begin with an earlier sample.
func (l *Live) since(before map[string]*Activity) *Live {
	c := *l
	c.Nodes = maps.Clone(l.Nodes)
	for id, a := range c.Nodes {
		if b := before[id]; b != nil {
			a := *a
			a.Total -= b.Total
			c.Nodes[id] = &a
		}
	}
	return &c
}
