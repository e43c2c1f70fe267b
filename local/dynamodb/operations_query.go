package dynamodb

import "github.com/order-patterns/order-patterns/local/wire"

type queryInput struct {
	reading
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

// query follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html.
func (s *Service) query(_ *wire.Call, t *table, in *queryInput) (*pageOutput, error) {
	p := &page{backward: in.ScanIndexForward != nil && !*in.ScanIndexForward}
	if in.KeyConditionExpression == nil {
		return nil, invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
	}
	sc, err := newScope(in.ExpressionAttributeNames, in.ExpressionAttributeValues, true)
	if err != nil {
		return nil, err
	}
	if p.key, err = parseCondition("KeyConditionExpression", *in.KeyConditionExpression, sc); err != nil {
		return nil, err
	}
	if err := in.parse(sc, p); err != nil {
		return nil, err
	}
	terms, err := keyTerms(p.key)
	if err != nil {
		return nil, err
	}
	if name := p.filter.mentions(t.schema.isKey); name != "" {
		return nil, invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
	}
	partition, err := t.schema.bind(terms)
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
	sc, err := newScope(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.FilterExpression != nil || in.ProjectionExpression != nil)
	if err != nil {
		return nil, err
	}
	p := &page{}
	if err := in.parse(sc, p); err != nil {
		return nil, err
	}
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
