package dynamodb

import "github.com/order-patterns/order-patterns/local/wire"

// projected are the parameters that choose attributes.
type projected struct {
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

func (p projected) parse() (projection, error) {
	sc, err := newScope(p.ExpressionAttributeNames, nil, p.ProjectionExpression != nil)
	if err != nil || p.ProjectionExpression == nil {
		return nil, err
	}
	keep, err := parseProjection(*p.ProjectionExpression, sc)
	if err != nil {
		return nil, err
	}
	return keep, sc.unused()
}

// lookup is one item to read, and what to keep of it.
type lookup struct {
	table *table
	at    position
	keep  projection
}

func newLookup(t *table, key Map, p projected) (lookup, error) {
	if key == nil {
		return lookup{}, missing("key")
	}
	keep, err := p.parse()
	if err != nil {
		return lookup{}, err
	}
	at, err := t.schema.keyPosition(key)
	return lookup{t, at, keep}, err
}

type getItemInput struct {
	reporting
	projected
	TableName      string
	Key            Map
	ConsistentRead bool
}

type getItemOutput struct {
	Item             Map       `json:",omitzero"`
	ConsumedCapacity *capacity `json:",omitempty"`
}

// getItem reads are strongly consistent always; ConsistentRead only doubles what they cost.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (s *Service) getItem(c *wire.Call, in *getItemInput) (*getItemOutput, error) {
	t, err := s.open(c, "GetItem", in.TableName)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	l, err := newLookup(t, in.Key, in.projected)
	if err != nil {
		return nil, err
	}
	found := t.get(l.at)
	units := readUnits(found.size, in.ConsistentRead)
	if !t.chargeRead(s.account.Clock.Now(), units) {
		return nil, Throttled()
	}
	return &getItemOutput{l.keep.of(found.item), in.consumed(t, units)}, nil
}
