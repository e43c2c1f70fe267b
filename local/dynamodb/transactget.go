package dynamodb

import "github.com/order-patterns/order-patterns/local/wire"

type transactGet struct {
	projected
	TableName string
	Key       Map
}

type transactGetInput struct {
	ReturnConsumedCapacity string
	TransactItems          []struct{ Get *transactGet }
}

type itemResponse struct {
	Item Map `json:",omitzero"`
}

type transactGetOutput struct {
	Responses        []itemResponse
	ConsumedCapacity []capacity `json:",omitempty"`
}

// transactGetItems reads all items as they are at one moment.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactGetItems.html
func (s *Service) transactGetItems(c *wire.Call, in *transactGetInput) (*transactGetOutput, error) {
	r := reporting{ReturnConsumedCapacity: in.ReturnConsumedCapacity}
	if err := checkTransaction(len(in.TransactItems)); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	var faults reasons
	lookups := make([]lookup, len(in.TransactItems))
	tables := make([]*table, len(in.TransactItems))
	for i, item := range in.TransactItems {
		if item.Get == nil || item.Get.Key == nil {
			return nil, missing("transactItems.member.get.key")
		}
		name, err := s.authorize(c, "GetItem", item.Get.TableName, wire.WithKeys(map[string]string{"dynamodb:EnclosingOperation": "TransactGetItems"}))
		if err := faults.add(err); err != nil {
			return nil, err
		}
		t, err := s.table(name)
		if err != nil {
			return nil, err
		}
		keep, err := item.Get.parse()
		if err != nil {
			return nil, err
		}
		at, err := t.schema.keyPosition(item.Get.Key)
		if err != nil {
			return nil, err
		}
		lookups[i], tables[i] = lookup{t, at, item.Get.Key, keep}, t
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return s.snapshot(lookups, tables, r)
}

func (s *Service) snapshot(lookups []lookup, tables []*table, r reporting) (*transactGetOutput, error) {
	out := &transactGetOutput{Responses: make([]itemResponse, len(lookups))}
	var outcome reasons
	var bill bill
	now := s.account.Clock.Now()
	defer lockAll(tables)()
	for i, l := range lookups {
		found, _ := l.table.rows.Get(row{position: l.at})
		units := transactionCost * readUnits(found.size, true)
		var err error
		if !charge(l.table.reads, now, units) {
			err = Throttled()
		}
		if err := outcome.add(err); err != nil {
			return nil, err
		}
		bill.add(l.table, units)
		out.Responses[i] = itemResponse{l.keep.of(found.item)}
	}
	out.ConsumedCapacity = bill.consumed(r)
	for i := range out.ConsumedCapacity {
		out.ConsumedCapacity[i].ReadCapacityUnits = out.ConsumedCapacity[i].CapacityUnits
	}
	return out, outcome.err()
}
