package dynamodb

import (
	"slices"

	"github.com/order-patterns/order-patterns/local/wire"
)

// writeInput has the parameters of one write, alone or in a transaction. Each kind of write refuses those of the others.
type writeInput struct {
	conditional
	TableName        string
	Item             Map     `json:",omitzero"`
	Key              Map     `json:",omitzero"`
	UpdateExpression *string `json:",omitempty"`
}

type conditional struct {
	placeholders
	ConditionExpression                 *string
	ReturnValuesOnConditionCheckFailure string
}

type singleWriteInput struct {
	writeInput
	ReturnValues string
}

type writeOutput struct {
	Attributes Map `json:",omitempty"`
}

// write is PutItem, UpdateItem or DeleteItem:
//
//   - https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
//   - https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
//   - https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html
func (s *Service) write(c *wire.Call, in *singleWriteInput) (*writeOutput, error) {
	t, err := s.open(c, in.TableName)
	if err != nil {
		return nil, err
	}
	m, err := in.mutation(mutationKind(c.Operation), t)
	if err != nil {
		return nil, err
	}
	returns := []string{"NONE", "ALL_OLD"}
	if m.kind == updateItem {
		returns = append(returns, "ALL_NEW")
	}
	if err := enum("ReturnValues", in.ReturnValues, returns...); err != nil {
		return nil, err
	}
	if err := m.run(s.account.Clock.Now()); err != nil {
		return nil, err
	}
	out := &writeOutput{}
	switch in.ReturnValues {
	case "ALL_OLD":
		out.Attributes = m.old.item
	case "ALL_NEW":
		out.Attributes = m.after.item
	}
	return out, nil
}

// mutation checks the parameters of a write of a table.
func (in *writeInput) mutation(kind mutationKind, t *table) (*mutation, error) {
	switch {
	case kind == putItem && in.Item == nil:
		return nil, missing("Item")
	case kind != putItem && in.Key == nil:
		return nil, missing("Key")
	case kind == putItem && in.Key != nil, kind != putItem && in.Item != nil:
		return nil, invalid("Item can only be specified for a Put, and Key for the others")
	case kind != updateItem && in.UpdateExpression != nil:
		return nil, invalid("UpdateExpression can only be specified for an Update")
	}
	showOld := in.ReturnValuesOnConditionCheckFailure
	if err := enum("ReturnValuesOnConditionCheckFailure", showOld, "ALL_OLD", "NONE"); err != nil {
		return nil, err
	}
	parsed, err := in.parse(expressions{condition: in.ConditionExpression, update: in.UpdateExpression})
	if err != nil {
		return nil, err
	}
	m := &mutation{kind: kind, table: t, key: in.Key, update: parsed.update, condition: parsed.condition, showOld: showOld == "ALL_OLD"}
	if kind != putItem {
		if m.after.position, err = t.schema.keyPosition(in.Key); err != nil {
			return nil, err
		}
		return m, m.update.checkKeys(t.schema)
	}
	m.after = row{item: in.Item, size: itemSize(in.Item)}
	if m.after.position, err = t.schema.itemPosition(in.Item); err != nil {
		return nil, err
	}
	if m.after.size > maxItemSize {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	return m, nil
}

// enum refuses a value that is not allowed; none given is.
func enum(field, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return invalid("%s must be one of %q, got %q", field, allowed, value)
}

func missing(field string) error { return invalid("%s is required", field) }
