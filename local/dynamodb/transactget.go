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
	lookups := make([]lookup, len(in.TransactItems))
	tables := make([]*table, len(in.TransactItems))
	for i, item := range in.TransactItems {
		if item.Get == nil {
			return nil, missing("transactItems.member.get")
		}
		t, err := s.open(c, "GetItem", item.Get.TableName, enclosing("TransactGetItems"))
		if err != nil {
			return nil, err
		}
		tables[i] = t
		if lookups[i], err = newLookup(t, item.Get.Key, item.Get.projected); err != nil {
			return nil, err
		}
	}
	out := &transactGetOutput{Responses: make([]itemResponse, len(lookups))}
	var bill bill
	now := s.account.Clock.Now()
	defer lockAll(tables)()
	for i, l := range lookups {
		found, _ := l.table.rows.Get(row{position: l.at})
		units := transactionCost * readUnits(found.size, true)
		if !charge(l.table.reads, now, units) {
			return nil, Throttled()
		}
		bill.add(l.table, units)
		out.Responses[i] = itemResponse{l.keep.of(found.item)}
	}
	out.ConsumedCapacity = bill.consumed(r)
	for i := range out.ConsumedCapacity {
		out.ConsumedCapacity[i].ReadCapacityUnits = out.ConsumedCapacity[i].CapacityUnits
	}
	return out, nil
}
