package dynamodb

import (
	"math/bits"

	"github.com/order-patterns/order-patterns/local/wire"
)

const maxSegments = 1_000_000

type scanInput struct {
	reading
	Segment       *uint64
	TotalSegments *uint64
}

// scan follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html.
func (s *Service) scan(c *wire.Call, in *scanInput) (*pageOutput, error) {
	t, err := s.read(c, "Scan", &in.reading)
	if err != nil {
		return nil, err
	}
	if err := in.checkSegments(); err != nil {
		return nil, err
	}
	sc, err := newScope(in.ExpressionAttributeNames, in.ExpressionAttributeValues, in.FilterExpression != nil || in.ProjectionExpression != nil)
	if err != nil {
		return nil, err
	}
	p := &page{start: in.first(), next: in.judge}
	if err := in.parse(sc, p); err != nil {
		return nil, err
	}
	if err := in.startAt(t.schema, p); err != nil {
		return nil, err
	}
	if p.exclude && in.judge(p.start) != take {
		return nil, invalid("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: %d Segment: %d",
			*in.TotalSegments, *in.Segment)
	}
	return s.answer(t, &in.reading, p)
}

// first is where the segment begins: segments are equal parts of the range of hashes.
func (in *scanInput) first() (at position) {
	if in.Segment != nil && *in.TotalSegments > 1 {
		// The least hash of the segment: segment × 2⁶⁴ ÷ total, rounded up.
		at.hash, _ = bits.Div64(*in.Segment, *in.TotalSegments-1, *in.TotalSegments)
	}
	return at
}

func (in *scanInput) judge(at position) verdict {
	if in.Segment == nil {
		return take
	}
	if segment, _ := bits.Mul64(at.hash, *in.TotalSegments); segment != *in.Segment {
		return end
	}
	return take
}

func (in *scanInput) checkSegments() error {
	switch {
	case in.Segment == nil && in.TotalSegments == nil:
		return nil
	case in.Segment == nil:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case in.TotalSegments == nil:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case *in.TotalSegments < 1 || *in.TotalSegments > maxSegments:
		return invalid("1 validation error detected: Value '%d' at 'totalSegments' failed to satisfy constraint: Member must have value from 1 to %d", *in.TotalSegments, maxSegments)
	case *in.Segment >= *in.TotalSegments:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	return nil
}
