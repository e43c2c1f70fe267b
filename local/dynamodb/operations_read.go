package dynamodb

import (
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxBatchGet = 100
	// maxBatchSize is how many bytes one batch may read.
	maxBatchSize = 16 << 20
)

type projected struct {
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

type lookup struct {
	table *table
	at    position
	keep  projection
}

func newLookup(t *table, key Map, p projected) (lookup, error) {
	if key == nil {
		return lookup{}, missing("Key")
	}
	parsed, err := placeholders{ExpressionAttributeNames: p.ExpressionAttributeNames}.parse(expressions{projection: p.ProjectionExpression})
	if err != nil {
		return lookup{}, err
	}
	at, err := t.schema.keyPosition(key)
	return lookup{t, at, parsed.keep}, err
}

type getItemInput struct {
	projected
	TableName      string
	Key            Map
	ConsistentRead bool
}

func (in *getItemInput) Target() string { return in.TableName }

type getItemOutput struct {
	Item Map `json:",omitzero"`
}

// getItem reads are strongly consistent always; ConsistentRead only doubles what they cost.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (s *Service) getItem(_ *wire.Call, t *table, in *getItemInput) (*getItemOutput, error) {
	l, err := newLookup(t, in.Key, in.projected)
	if err != nil {
		return nil, err
	}
	found := t.get(l.at)
	if !t.chargeRead(s.account.Clock.Now(), readUnits(found.size, in.ConsistentRead)) {
		return nil, Throttled()
	}
	return &getItemOutput{l.keep.of(found.item)}, nil
}

type keysAndAttributes struct {
	projected      `json:",omitzero"`
	Keys           []Map
	ConsistentRead bool `json:",omitempty"`
}

type batchGetInput struct{ RequestItems map[string]keysAndAttributes }

type batchGetOutput struct {
	Responses       map[string][]Map
	UnprocessedKeys map[string]keysAndAttributes
}

// batchGetItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html.
func (s *Service) batchGetItem(c *wire.Call, in *batchGetInput) (*batchGetOutput, error) {
	wanted, err := s.lookups(c, in)
	if err != nil {
		return nil, err
	}
	out := &batchGetOutput{Responses: map[string][]Map{}, UnprocessedKeys: map[string]keysAndAttributes{}}
	bytes, read := 0, false
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		request := in.RequestItems[name]
		out.Responses[name] = []Map{}
		for i, l := range wanted[name] {
			found := l.table.get(l.at)
			units := readUnits(found.size, request.ConsistentRead)
			if bytes+found.size > maxBatchSize || !l.table.chargeRead(s.account.Clock.Now(), units) {
				left := request
				left.Keys = append(out.UnprocessedKeys[name].Keys, request.Keys[i])
				out.UnprocessedKeys[name] = left
				continue
			}
			bytes, read = bytes+found.size, true
			if found.item != nil {
				out.Responses[name] = append(out.Responses[name], l.keep.of(found.item))
			}
		}
	}
	if !read {
		return nil, Throttled()
	}
	return out, nil
}

func (s *Service) lookups(c *wire.Call, in *batchGetInput) (map[string][]lookup, error) {
	if len(in.RequestItems) == 0 {
		return nil, missing("RequestItems")
	}
	wanted, total := map[string][]lookup{}, 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		request := in.RequestItems[name]
		t, err := s.open(c, name)
		if err != nil {
			return nil, err
		}
		if total += len(request.Keys); total > maxBatchGet {
			return nil, invalid("Too many items requested for the BatchGetItem call")
		}
		if len(request.Keys) == 0 {
			return nil, missing("RequestItems." + name + ".Keys")
		}
		seen := map[position]bool{}
		for _, key := range request.Keys {
			l, err := newLookup(t, key, request.projected)
			if err != nil {
				return nil, err
			}
			if seen[l.at] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[l.at] = true
			wanted[name] = append(wanted[name], l)
		}
	}
	return wanted, nil
}

type queryInput struct {
	reading
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

// query follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html.
func (s *Service) query(_ *wire.Call, t *table, in *queryInput) (*pageOutput, error) {
	if in.KeyConditionExpression == nil {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	parsed, err := in.parse(expressions{key: in.KeyConditionExpression, filter: in.FilterExpression, projection: in.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	p := &page{parsedExpressions: parsed, backward: in.ScanIndexForward != nil && !*in.ScanIndexForward}
	if name := p.filter.mentions(t.schema.isKey); name != "" {
		return nil, invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
	}
	partition, err := t.schema.bind(p.key)
	if err != nil {
		return nil, err
	}
	p.within(partition)
	if err := in.startAt(t.schema, p); err != nil {
		return nil, err
	}
	switch {
	case p.exclude && p.start.pkey != partition.pkey:
		return nil, invalid("The provided starting key is outside query boundaries based on provided conditions")
	case p.exclude && !p.key.holds(in.ExclusiveStartKey):
		return nil, invalid("The provided starting key does not match the range key predicate")
	}
	return s.answer(t, &in.reading, p)
}

// scan reads in the order of the partition keys' hashes. Parallel scans (Segment, TotalSegments) are refused.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
func (s *Service) scan(_ *wire.Call, t *table, in *reading) (*pageOutput, error) {
	parsed, err := in.parse(expressions{filter: in.FilterExpression, projection: in.ProjectionExpression})
	if err != nil {
		return nil, err
	}
	p := &page{parsedExpressions: parsed}
	if err := in.startAt(t.schema, p); err != nil {
		return nil, err
	}
	return s.answer(t, in, p)
}

// mentions returns the first attribute in a condition that match accepts.
func (n *node) mentions(match func(string) bool) string {
	if n == nil {
		return ""
	}
	if n.op == "name" && match(n.name) {
		return n.name
	}
	for _, arg := range n.args {
		if name := arg.mentions(match); name != "" {
			return name
		}
	}
	return ""
}
