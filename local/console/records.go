package console

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// maxRecords is how many records the index holds. The oldest are dropped.
	maxRecords = 20_000
	// overlap is how late a line arrives at most.
	overlap = time.Second
)

// records is an index of what functions have logged about records. It is brought up to date when it is read, and costs nothing
// otherwise.
type records struct {
	mu   sync.Mutex
	all  map[recordKey]*record
	list []*record // in the order in which they were found
	flow *flow
	read time.Time            // up to when everything was logged before the last update
	seen map[string]time.Time // the lines since then, by log group and id
}

type recordKey struct{ component, id string }

// record is what is known of one record.
type record struct {
	ID        string            `json:"id"`
	Component string            `json:"component"`
	Started   time.Time         `json:"started"`
	LastSeen  time.Time         `json:"lastSeen"`
	Outcome   string            `json:"outcome"` // of the newest line
	Failed    bool              `json:"failed"`  // the newest line of a step is a failure
	Reason    string            `json:"reason"`
	TraceID   string            `json:"traceId"` // of the oldest line
	Fields    map[string]string `json:"fields"`

	last  map[string]work // what the newest line of each step says, by ARN
	cause work            // what the newest line with an outcome that is unsuccessful says
	done  map[string]int  // how often each function has succeeded
}

// work says why a piece of work did not succeed, or nothing.
type work struct {
	at     time.Time
	reason string
}

// indexed brings the index up to date, and calls f with it.
func (c *Console) indexed(ctx context.Context, f func(*records)) error {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	err := c.records.update(ctx, c)
	if err == nil {
		f(&c.records)
	}
	return err
}

// update reads what was logged since the last time. The caller holds the lock.
func (x *records) update(ctx context.Context, c *Console) error {
	g := c.graph()
	x.flow = g.flow
	now, s := c.cloud.Account.Clock.Now(), &c.settings.Record
	for _, component := range g.Components {
		for _, n := range component.steps() {
			if err := c.lines(ctx, n, x.read, s.ID, func(id string, l *line) {
				id = n.ID + id
				if _, known := x.seen[id]; !known {
					x.seen[id] = l.at
					x.add(component.Name, l, s)
				}
			}); err != nil {
				return err
			}
		}
	}
	x.read = now.Add(-overlap)
	maps.DeleteFunc(x.seen, func(_ string, at time.Time) bool { return at.Before(x.read.Truncate(time.Millisecond)) })
	return nil
}

// add adds a line, if it is about a record.
func (x *records) add(component string, l *line, s *Record) {
	key := recordKey{component, l.text(s.ID)}
	if key.id == "" {
		return
	}
	r := x.all[key]
	if r == nil {
		if len(x.list) == maxRecords {
			delete(x.all, recordKey{x.list[0].Component, x.list[0].ID})
			x.list = x.list[1:]
		}
		r = &record{ID: key.id, Component: component, Started: l.at, Fields: map[string]string{}, last: map[string]work{}, done: map[string]int{}}
		x.all[key], x.list = r, append(x.list, r)
	}
	if id := l.text("traceId"); id != "" && (r.TraceID == "" || l.at.Before(r.Started)) {
		r.TraceID = id
	}
	if l.at.Before(r.Started) {
		r.Started = l.at
	}
	if !l.at.Before(r.LastSeen) {
		r.LastSeen, r.Outcome = l.at, cmp.Or(l.text("outcome"), r.Outcome)
	}
	for _, name := range s.Search {
		if v := l.text(name); v != "" && v != r.Fields[name] {
			r.Fields = maps.Clone(r.Fields) // copies of the record have the old one
			r.Fields[name] = v
		}
	}
	w := work{at: l.at}
	if l.failed() {
		w.reason = l.reason()
	} else {
		r.done[l.function]++
	}
	if step := x.flow.step(l.function); !w.at.Before(r.last[step].at) {
		r.last[step] = w
	}
	if slices.Contains(unsuccessful, l.text("outcome")) && !w.at.Before(r.cause.at) {
		r.cause = w
	}
	var newest work
	for _, w := range r.last {
		if w.reason != "" && !w.at.Before(newest.at) {
			newest = w
		}
	}
	if r.Failed, r.Reason = newest.reason != "", newest.reason; r.Failed {
		r.Reason = cmp.Or(r.cause.reason, newest.reason)
	}
}

// counts are numbers of records. One that waits is in neither.
type counts struct {
	Done   int `json:"done"`
	Failed int `json:"failed"`
}

func (c *Console) countRecords(ctx context.Context) (n counts, err error) {
	var missing [][]*Node // of each record that did not fail
	err = c.indexed(ctx, func(x *records) {
		for _, r := range x.list {
			if r.Failed {
				n.Failed++
			} else {
				missing = append(missing, x.flow.missing(r))
			}
		}
	})
	known := map[*Node]bool{}
	for _, via := range missing {
		at, err := c.waitsIn(ctx, via, known)
		if err != nil {
			return n, err
		}
		if at == nil {
			n.Done++
		}
	}
	return n, err
}

// waitsIn returns the first of queues and streams in which there may be a message that is due or is being handled, or nil. What was
// read is in known.
func (c *Console) waitsIn(ctx context.Context, via []*Node, known map[*Node]bool) (*Node, error) {
	for _, n := range via {
		if _, ok := known[n]; !ok && n.Kind == kindQueue {
			now, _, inFlight, err := c.queueDepths(ctx, n)
			if err != nil {
				return nil, err
			}
			known[n] = now+inFlight > 0
		}
		if n.Kind != kindQueue || known[n] {
			return n, nil
		}
	}
	return nil, nil
}
