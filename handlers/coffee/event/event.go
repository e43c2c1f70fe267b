// Package event defines the events in the stream of the EventStream pattern, one per accepted order: the order in its canonical form, and
// fields for a consumer of the stream that does not parse the order.
//
//	{"id":"...","type":"new_order","time":"2026-03-01T08:30:01.000123Z","version":1772353800123456,"order":{...},
//	 "trace":"Root=1-...;Parent=...;Sampled=1"}
//
// id is the UUID of the event. A record that was put twice, because the answer to the first attempt was lost, has the same id. type and
// version repeat the order's event type and its version (orderdate in microseconds since the Unix epoch). time is when the order was
// accepted. trace is the tracing header of the function that accepted it. It is optional, and used for tracing only.
package event

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

// Event is an order that was accepted.
type Event struct {
	ID    uuid.UUID
	Time  time.Time // when it was accepted: UTC, whole microseconds, years 0 to 9999
	Order coffee.Order
	Trace string // the tracing header, or ""
}

// New returns the event of an order that was accepted at now. The order must have its id.
func New(o coffee.Order, id uuid.UUID, now time.Time) Event {
	return Event{ID: id, Time: now.UTC().Truncate(time.Microsecond), Order: o}
}

// document is the JSON of an event. The fields are encoded in this order.
type document struct {
	ID      string           `json:"id"`
	Type    coffee.EventType `json:"type"`
	Time    string           `json:"time"`
	Version int64            `json:"version"`
	Order   coffee.Order     `json:"order"`
	Trace   string           `json:"trace,omitempty"`
}

// JSON encodes the event. Equal events give equal bytes.
func (e Event) JSON() ([]byte, error) {
	doc, err := coffee.EncodeJSON(document{
		ID: e.ID.String(), Type: e.Order.EventType, Time: coffee.FormatDate(e.Time), Version: e.Order.Version(), Order: e.Order, Trace: e.Trace,
	})
	if err != nil {
		return nil, fmt.Errorf("encoding event %s: %w", e.ID, err)
	}
	return doc, nil
}

// Parse parses what JSON encodes. A type or version that differs from the order's is a fault: a consumer that uses it would act differently
// from a consumer that parses the order. The error is a *coffee.InvalidOrder with all faults. With an error, the event has only the Trace.
func Parse(data []byte) (Event, error) {
	r := reader{}
	doc, err := strictjson.Decode(data)
	if err != nil {
		r.Fault("body", err.Error())
		return Event{}, r.err()
	}
	fields := r.Object(doc, "body", "id", "type", "time", "version", "order", "trace")
	if fields == nil {
		return Event{}, r.err()
	}
	var traced Event
	traced.Trace, _ = fields["trace"].(string) // any other value is no reason to refuse the order
	e := Event{ID: r.id(fields), Time: r.time(fields), Trace: traced.Trace}
	kind, typed := r.eventType(fields)
	version, versioned := r.version(fields)
	inner, found := r.Field(fields, "", "order", strictjson.Required)
	if !found {
		return traced, r.err()
	}
	o, ok := coffee.Read(&r.Reader, inner, "order")
	if ok && typed && kind != o.EventType {
		r.Faultf("type", "must be %q as in order.eventtype, got %q", o.EventType, kind)
	}
	if ok && versioned && version != o.Version() {
		r.Faultf("version", "must be %d, the microseconds of order.orderdate, got %d", o.Version(), version)
	}
	e.Order = o
	if err := r.err(); err != nil {
		return traced, err
	}
	return e, nil
}

// reader reads the fields around the order. A program wrote them, so each value has only one valid spelling.
type reader struct{ strictjson.Reader }

func (r *reader) err() error { return coffee.Invalid(r.Faults) }

func (r *reader) id(fields map[string]any) uuid.UUID {
	s, ok := r.String(fields, "", "id", strictjson.Required)
	if !ok {
		return uuid.Nil
	}
	id, err := uuid.Parse(s)
	if err != nil || id.String() != s {
		r.Faultf("id", "must be a UUID in lower case, got %s", strictjson.Show(s))
	}
	return id
}

func (r *reader) eventType(fields map[string]any) (kind coffee.EventType, ok bool) {
	s, ok := r.String(fields, "", "type", strictjson.Required)
	if kind = coffee.EventType(s); ok && kind != coffee.NewOrder && kind != coffee.OrderCompleted {
		r.Faultf("type", "must be %q or %q, got %s", coffee.NewOrder, coffee.OrderCompleted, strictjson.Show(s))
		return "", false
	}
	return kind, ok
}

func (r *reader) time(fields map[string]any) time.Time {
	s, ok := r.String(fields, "", "time", strictjson.Required)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, s)
	if t = t.Truncate(time.Microsecond); err != nil || coffee.FormatDate(t) != s {
		r.Faultf("time", `must be a time as RFC 3339 in UTC to the microsecond ("2026-03-01T08:30:00.000123Z"), got %s`, strictjson.Show(s))
	}
	return t
}

func (r *reader) version(fields map[string]any) (version int64, ok bool) {
	v, found := r.Field(fields, "", "version", strictjson.Required)
	if !found {
		return 0, false
	}
	number, _ := v.(json.Number)
	version, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		r.Faultf("version", "must be an integer, got %s", strictjson.Show(v))
		return 0, false
	}
	return version, true
}
