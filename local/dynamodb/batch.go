package dynamodb

import (
	"maps"
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

const (
	maxBatchGet   = 100
	maxBatchWrite = 25
	// maxBatchSize is how many bytes one batch may read.
	maxBatchSize = 16 << 20
)

// keysAndAttributes is what to get from one table.
type keysAndAttributes struct {
	projected      `json:",omitzero"`
	Keys           []Map
	ConsistentRead bool `json:",omitempty"`
}

type batchGetInput struct {
	RequestItems           map[string]keysAndAttributes
	ReturnConsumedCapacity string
}

type batchGetOutput struct {
	Responses        map[string][]Map
	UnprocessedKeys  map[string]keysAndAttributes
	ConsumedCapacity []capacity `json:",omitempty"`
}

// batchGetItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html.
func (s *Service) batchGetItem(c *wire.Call, in *batchGetInput) (*batchGetOutput, error) {
	r := reporting{ReturnConsumedCapacity: in.ReturnConsumedCapacity}
	wanted, err := s.lookups(c, in)
	if err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	out := &batchGetOutput{Responses: map[string][]Map{}, UnprocessedKeys: map[string]keysAndAttributes{}}
	var bill bill
	bytes := 0
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		request := in.RequestItems[name]
		out.Responses[name] = []Map{}
		for i, l := range wanted[name] {
			found := l.table.get(l.at)
			units := readUnits(found.size, request.ConsistentRead)
			if bytes+found.size > maxBatchSize || !l.table.chargeRead(s.account.Clock.Now(), units) {
				left := out.UnprocessedKeys[name]
				left.projected, left.ConsistentRead = request.projected, request.ConsistentRead
				left.Keys = append(left.Keys, request.Keys[i])
				out.UnprocessedKeys[name] = left
				continue
			}
			bytes += found.size
			bill.add(l.table, units)
			if found.item != nil {
				out.Responses[name] = append(out.Responses[name], l.keep.of(found.item))
			}
		}
	}
	if len(bill.tables) == 0 {
		return nil, Throttled()
	}
	out.ConsumedCapacity = bill.consumed(r)
	return out, nil
}

// lookups authorizes and checks all that a BatchGetItem asks for.
func (s *Service) lookups(c *wire.Call, in *batchGetInput) (map[string][]lookup, error) {
	if len(in.RequestItems) == 0 {
		return nil, missing("requestItems")
	}
	wanted, total := map[string][]lookup{}, 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		request := in.RequestItems[name]
		t, err := s.open(c, "BatchGetItem", name)
		if err != nil {
			return nil, err
		}
		if total += len(request.Keys); total > maxBatchGet {
			return nil, invalid("Too many items requested for the BatchGetItem call")
		}
		if len(request.Keys) == 0 {
			return nil, missing("requestItems." + name + ".member.keys")
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

// writeRequest is one write of a batch: exactly one member is set.
type writeRequest struct {
	PutRequest *struct {
		Item Map
	} `json:",omitempty"`
	DeleteRequest *struct {
		Key Map
	} `json:",omitempty"`
}

type batchWriteInput struct {
	reporting
	RequestItems map[string][]writeRequest
}

type batchWriteOutput struct {
	UnprocessedItems map[string][]writeRequest
	ConsumedCapacity []capacity `json:",omitempty"`
}

// batchWriteItem writes each item by itself: one may fail while others succeed.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
func (s *Service) batchWriteItem(c *wire.Call, in *batchWriteInput) (*batchWriteOutput, error) {
	mutations, err := s.batchMutations(c, in)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	out := &batchWriteOutput{UnprocessedItems: map[string][]writeRequest{}}
	var bill bill
	for _, name := range slices.Sorted(maps.Keys(mutations)) {
		for i, m := range mutations[name] {
			// A write without a condition fails for want of capacity only.
			if err := m.run(s.account.Clock.Now()); err != nil {
				out.UnprocessedItems[name] = append(out.UnprocessedItems[name], in.RequestItems[name][i])
				continue
			}
			bill.add(m.table, m.units())
		}
	}
	if len(bill.tables) == 0 {
		return nil, Throttled()
	}
	out.ConsumedCapacity = bill.consumed(in.reporting)
	return out, nil
}

func (s *Service) batchMutations(c *wire.Call, in *batchWriteInput) (map[string][]*mutation, error) {
	if len(in.RequestItems) == 0 {
		return nil, missing("requestItems")
	}
	mutations, total := map[string][]*mutation{}, 0
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		t, err := s.open(c, "BatchWriteItem", name)
		if err != nil {
			return nil, err
		}
		if total += len(in.RequestItems[name]); total > maxBatchWrite {
			return nil, invalid("Too many items requested for the BatchWriteItem call")
		}
		seen := map[position]bool{}
		for _, w := range in.RequestItems[name] {
			m, err := w.mutation(t)
			if err != nil {
				return nil, err
			}
			if seen[m.at] {
				return nil, invalid("Provided list of item keys contains duplicates")
			}
			seen[m.at] = true
			mutations[name] = append(mutations[name], m)
		}
	}
	if total == 0 {
		return nil, missing("requestItems")
	}
	return mutations, nil
}

func (w writeRequest) mutation(t *table) (*mutation, error) {
	switch {
	case w.PutRequest != nil && w.DeleteRequest == nil:
		return newPut(t, w.PutRequest.Item, conditional{})
	case w.DeleteRequest != nil && w.PutRequest == nil:
		return newKeyed(deleteItem, t, w.DeleteRequest.Key, nil, conditional{})
	}
	return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}
