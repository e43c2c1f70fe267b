package dynamodb

import (
	"slices"
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

type writeInput struct {
	conditional
	TableName    string
	ReturnValues string
}

type putItemInput struct {
	writeInput
	Item Map
}

type deleteItemInput struct {
	writeInput
	Key Map
}

type updateItemInput struct {
	writeInput
	Key              Map
	UpdateExpression *string
}

type writeOutput struct {
	Attributes Map `json:",omitempty"`
}

// putItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html.
func (s *Service) putItem(c *wire.Call, in *putItemInput) (*writeOutput, error) {
	return s.write(c, &in.writeInput, func(t *table) (*mutation, error) {
		return newPut(t, in.Item, in.conditional)
	}, "NONE", "ALL_OLD")
}

// deleteItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteItem.html.
func (s *Service) deleteItem(c *wire.Call, in *deleteItemInput) (*writeOutput, error) {
	return s.write(c, &in.writeInput, func(t *table) (*mutation, error) {
		return newKeyed(deleteItem, t, in.Key, nil, in.conditional)
	}, "NONE", "ALL_OLD")
}

// updateItem follows https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html.
func (s *Service) updateItem(c *wire.Call, in *updateItemInput) (*writeOutput, error) {
	return s.write(c, &in.writeInput, func(t *table) (*mutation, error) {
		return newKeyed(updateItem, t, in.Key, in.UpdateExpression, in.conditional)
	}, "NONE", "ALL_OLD", "ALL_NEW")
}

// write makes a mutation of the table and runs it. returns are the values that ReturnValues may have.
func (s *Service) write(c *wire.Call, in *writeInput, newMutation func(*table) (*mutation, error), returns ...string) (*writeOutput, error) {
	t, err := s.open(c, in.TableName)
	if err != nil {
		return nil, err
	}
	m, err := newMutation(t)
	if err != nil {
		return nil, err
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

func newPut(t *table, item Map, p conditional) (*mutation, error) {
	if item == nil {
		return nil, missing("Item")
	}
	m := &mutation{kind: putItem, table: t}
	if err := m.parse(p, nil); err != nil {
		return nil, err
	}
	at, err := t.schema.itemPosition(item)
	if err != nil {
		return nil, err
	}
	m.at = at
	m.after = row{position: at, item: item, size: itemSize(item)}
	if m.after.size > maxItemSize {
		return nil, invalid("Item size has exceeded the maximum allowed size")
	}
	return m, nil
}

// newKeyed is newPut for what names its item by key.
func newKeyed(kind mutationKind, t *table, key Map, expression *string, p conditional) (*mutation, error) {
	if key == nil {
		return nil, missing("Key")
	}
	m := &mutation{kind: kind, table: t, key: key}
	if err := m.parse(p, expression); err != nil {
		return nil, err
	}
	at, err := t.schema.keyPosition(key)
	if err != nil {
		return nil, err
	}
	m.at = at
	m.after = row{position: at}
	return m, m.update.checkKeys(t.schema)
}

func (m *mutation) parse(p conditional, updateExpression *string) error {
	if err := enum("ReturnValuesOnConditionCheckFailure", p.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE"); err != nil {
		return err
	}
	m.showOld = p.ReturnValuesOnConditionCheckFailure == "ALL_OLD"
	sc, err := newScope(p.ExpressionAttributeNames, p.ExpressionAttributeValues, p.ConditionExpression != nil || updateExpression != nil)
	if err != nil {
		return err
	}
	if updateExpression != nil {
		if m.update, err = parseUpdate(*updateExpression, sc); err != nil {
			return err
		}
	}
	if p.ConditionExpression != nil {
		if m.condition, err = parseCondition("ConditionExpression", *p.ConditionExpression, sc); err != nil {
			return err
		}
	}
	return sc.unused()
}

type placeholders struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues Map
}

type conditional struct {
	placeholders
	ConditionExpression                 *string
	ReturnValuesOnConditionCheckFailure string
}

// enum refuses a value that is not allowed; none given is.
func enum(field, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return invalid("%s must be one of %q, got %q", field, allowed, value)
}

func missing(field string) error { return invalid("%s is required", field) }

type mutationKind int

const (
	putItem mutationKind = iota
	updateItem
	deleteItem
	checkItem
)

// mutation is one conditional write, or the check of a condition, of one item. It is first prepared and then
// committed, both under the lock of its table, so that several make a transaction.
type mutation struct {
	kind      mutationKind
	table     *table
	at        position
	key       Map // of an update, what an absent item starts as
	update    update
	condition *node
	showOld   bool // a failed condition shows the item

	// old is the item before and after the item once prepared; their item is nil if there is none.
	old, after row
}

func (m *mutation) prepare() error {
	m.old, _ = m.table.rows.Get(row{position: m.at})
	if !m.condition.holds(m.old.item) {
		if m.showOld {
			return conditionFailed(m.old.item)
		}
		return conditionFailed(nil)
	}
	switch m.kind {
	case checkItem:
		m.after = m.old
	case updateItem:
		base := m.old.item
		if base == nil {
			base = m.key
		}
		item, err := m.update.apply(base)
		if err != nil {
			return err
		}
		m.after = row{position: m.at, item: item, size: itemSize(item)}
		if m.after.size > maxItemSize {
			return invalid("Item size to update has exceeded the maximum allowed size")
		}
	}
	return nil
}

func (m *mutation) commit() {
	if m.kind != checkItem {
		m.table.set(m.after)
	}
}

func (m *mutation) units() float64 { return writeUnits(m.old.size, m.after.size) }

func (m *mutation) run(now time.Time) error {
	m.table.mu.Lock()
	defer m.table.mu.Unlock()
	failed := m.prepare()
	// A write whose condition failed costs as much as one that succeeds.
	if (failed == nil || wire.Code(failed) == "ConditionalCheckFailedException") && !m.table.consume(&m.table.writes, now, m.units()) {
		return Throttled()
	}
	if failed == nil {
		m.commit()
	}
	return failed
}
