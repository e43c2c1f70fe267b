package console

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/order-patterns/order-patterns/local/lambda"
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
	mu    sync.Mutex
	all   map[recordKey]*record
	list  []*record        // in the order in which they were found
	open  map[*record]bool // those that have failed, or of which a message may wait
	flow  *flow
	drawn *graph               // that flow was made from
	read  time.Time            // up to when everything was logged before the last update
	seen  map[string]time.Time // the lines since then, by log group and id
	stats map[string]lastStats // of functions, by ARN
}

// lastStats are the counters of a function, and since when they are the same.
type lastStats struct {
	lambda.Stats
	since time.Time
}

// quiet reports whether a function has not run since its log was read last.
func (x *records) quiet(c *Console, n *Node, now time.Time) bool {
	last, s := x.stats[n.ID], c.cloud.Lambda.Stats(n.Resource)
	if s.Busy > 0 || s.Invocations != last.Invocations || last.since.IsZero() {
		x.stats[n.ID] = lastStats{s, now}
	}
	return now.Sub(x.stats[n.ID].since) > 2*overlap
}

type recordKey struct{ component, id string }

// record is what is known of one record.
type record struct {
	recordKey
	started, lastSeen time.Time
	outcome           string // of the newest line
	traceID           string // of the oldest line
	fields            map[string]string
	last              map[string]work // what the newest line of each function or state machine says, by ARN
	cause             work            // what the newest one says with an outcome that is unsuccessful
	done              map[string]int  // how often each function has succeeded
}

// clone returns a copy that the index does not change.
func (r *record) clone() *record {
	c := *r
	c.fields, c.last, c.done = maps.Clone(r.fields), maps.Clone(r.last), nil
	return &c
}

// work says whether a piece of work did not succeed, and why.
type work struct {
	at     time.Time
	failed bool
	reason string
}

// indexed brings the index up to date, and calls f with it.
func (c *Console) indexed(ctx context.Context, f func(*records) error) error {
	c.records.mu.Lock()
	defer c.records.mu.Unlock()
	if err := c.records.update(ctx, c); err != nil {
		return err
	}
	return f(&c.records)
}

// update reads what was logged since the last time. The caller holds the lock.
func (x *records) update(ctx context.Context, c *Console) error {
	g := c.graph()
	if x.drawn != g {
		x.drawn, x.flow = g, newFlow(g)
		if x.all == nil {
			x.all, x.open, x.seen, x.stats = map[recordKey]*record{}, map[*record]bool{}, map[string]time.Time{}, map[string]lastStats{}
		}
		for _, r := range x.list {
			x.judge(r)
		}
	}
	now, s := c.cloud.Account.Clock.Now(), &c.settings.Record
	for _, component := range g.Components {
		for _, n := range component.Nodes {
			if n.Kind != kindFunction || x.quiet(c, n, now) {
				continue
			}
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
			delete(x.all, x.list[0].recordKey)
			delete(x.open, x.list[0])
			x.list = x.list[1:]
		}
		r = &record{recordKey: key, started: l.at, fields: map[string]string{}, last: map[string]work{}, done: map[string]int{}}
		x.all[key], x.list = r, append(x.list, r)
	}
	if id := l.text("traceId"); id != "" && (r.traceID == "" || l.at.Before(r.started)) {
		r.traceID = id
	}
	if l.at.Before(r.started) {
		r.started = l.at
	}
	if !l.at.Before(r.lastSeen) {
		r.lastSeen, r.outcome = l.at, cmp.Or(l.text("outcome"), r.outcome)
	}
	for _, name := range s.Search {
		if v := l.text(name); v != "" {
			r.fields[name] = v
		}
	}
	w := work{at: l.at, failed: l.failed()}
	if w.failed {
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
	x.judge(r)
}

// judge says whether a record is open.
func (x *records) judge(r *record) {
	if _, failed := r.failure(); failed || len(x.flow.missing(r)) > 0 {
		x.open[r] = true
	} else {
		delete(x.open, r)
	}
}

// failure says why a record has failed. It has if the newest line of a step is a failure.
func (r *record) failure() (reason string, failed bool) {
	var newest work
	for _, w := range r.last {
		if w.failed && !w.at.Before(newest.at) {
			newest = w
		}
	}
	return cmp.Or(r.cause.reason, newest.reason), newest.failed
}

// counts are numbers of records. One that waits is in neither.
type counts struct {
	Done   int `json:"done"`
	Failed int `json:"failed"`

	started int
}

// countRecords counts all records, and those that started at a time or later.
func (c *Console) countRecords(ctx context.Context, since time.Time) (n counts, err error) {
	waits := map[*Node]bool{}
	err = c.indexed(ctx, func(x *records) error {
		n.Done = len(x.list)
		for r := range x.open {
			if _, failed := r.failure(); failed {
				n.Failed++
				n.Done--
				continue
			}
			for _, via := range x.flow.missing(r) {
				if _, known := waits[via]; !known {
					if waits[via], err = c.waits(ctx, via); err != nil {
						return err
					}
				}
				if waits[via] {
					n.Done--
					break
				}
			}
		}
		for _, r := range x.list {
			if !r.started.Before(since) {
				n.started++
			}
		}
		return nil
	})
	return n, err
}

// waits reports whether there may be a message in a queue or stream that is due, or is being handled.
func (c *Console) waits(ctx context.Context, n *Node) (bool, error) {
	if n.Kind != kindQueue {
		return true, nil
	}
	now, _, inFlight, err := c.queueDepths(ctx, n)
	return now+inFlight > 0, err
}
