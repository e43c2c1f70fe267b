package dynamodb

import "github.com/order-patterns/order-patterns/local/wire"

type reading struct {
	placeholders
	TableName            string
	Select               string
	Limit                *int
	ConsistentRead       bool
	FilterExpression     *string
	ProjectionExpression *string
	ExclusiveStartKey    Map
}

type pageOutput struct {
	Items            []Map `json:",omitzero"`
	Count            int
	ScannedCount     int
	LastEvaluatedKey Map `json:",omitempty"`
}

// page is one page of a Query or Scan: where it starts in the table's tree and how to go on.
type page struct {
	start     position
	exclude   bool // leave out the item at start
	backward  bool
	partition *position // that a Query reads; nil for all
	parsedExpressions
}

// within limits a page to the partition that begins at a position.
func (p *page) within(partition position) {
	p.start, p.partition = partition, &partition
	if p.backward {
		p.start.pkey += "\x00" // the least position after the partition
	}
}

func (r *reading) check() error {
	if err := enum("Select", r.Select, "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES"); err != nil {
		return err
	}
	projects := r.ProjectionExpression != nil
	switch {
	case r.Limit != nil && *r.Limit < 1:
		return invalid("Limit must be at least 1, got %d", *r.Limit)
	case r.Select != "" && projects != (r.Select == "SPECIFIC_ATTRIBUTES"):
		return invalid("Select must be SPECIFIC_ATTRIBUTES if, and only if, ProjectionExpression is given; got %s", r.Select)
	}
	return nil
}

// startAt makes the page begin after the item where the last one ended.
func (r *reading) startAt(s schema, p *page) error {
	if r.ExclusiveStartKey == nil {
		return nil
	}
	at, err := s.keyPosition(r.ExclusiveStartKey)
	if err != nil {
		return invalid("The provided starting key is invalid")
	}
	p.start, p.exclude = at, true
	return nil
}

// answer reads one page. The lock is held only while rows are collected, not while they are filtered.
func (s *Service) answer(t *table, r *reading, p *page) (*pageOutput, error) {
	rows, bytes, more := t.gather(p, r.Limit)
	if !t.chargeRead(s.account.Clock.Now(), readUnits(bytes, r.ConsistentRead)) {
		return nil, Throttled()
	}
	out := &pageOutput{ScannedCount: len(rows)}
	if r.Select != "COUNT" {
		out.Items = []Map{}
	}
	for _, found := range rows {
		if !p.filter.holds(found.item) {
			continue
		}
		out.Count++
		if r.Select != "COUNT" {
			out.Items = append(out.Items, p.keep.of(found.item))
		}
	}
	if more {
		out.LastEvaluatedKey = t.schema.keyOf(rows[len(rows)-1].item)
	}
	return out, nil
}

// gather returns the page's rows and their size. more says that a limit ended the page; as in DynamoDB, that
// does not mean that anything follows.
func (t *table) gather(p *page, limit *int) (rows []row, bytes int, more bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	visit := func(r row) bool {
		if p.partition != nil && r.pkey != p.partition.pkey {
			return false
		}
		if p.key.holds(r.item) && !(p.exclude && r.position == p.start) {
			rows, bytes = append(rows, r), bytes+r.size
			more = bytes >= maxPageSize || limit != nil && len(rows) == *limit
		}
		return !more
	}
	if p.backward {
		t.rows.Descend(row{position: p.start}, visit)
	} else {
		t.rows.Ascend(row{position: p.start}, visit)
	}
	return rows, bytes, more
}

// Target is what read needs.
func (r *reading) Target() *reading { return r }

func (s *Service) read(c *wire.Call, r *reading) (*table, error) {
	t, err := s.open(c, r.TableName)
	if err != nil {
		return nil, err
	}
	return t, r.check()
}

// projection has the names of the attributes to keep; nil for all.
type projection []string

// parseProjection reads a projection expression.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ProjectionExpressions.html
func parseProjection(src string, sc *scope) (projection, error) {
	return parse("ProjectionExpression", src, sc, nil, func(p *parser) projection { return p.names() })
}

// of returns what the projection keeps of an item; everything if there is no projection.
func (p projection) of(item Map) Map {
	if p == nil || item == nil {
		return item
	}
	kept := Map{}
	for _, name := range p {
		if v, ok := item[name]; ok {
			kept[name] = v
		}
	}
	return kept
}
