package dynamodb

import (
	"time"

	"github.com/order-patterns/order-patterns/local/wire"
)

// mutationKind is what a write does: the name of its operation, which is also that of its permission.
type mutationKind string

const (
	putItem    mutationKind = "PutItem"
	updateItem mutationKind = "UpdateItem"
	deleteItem mutationKind = "DeleteItem"
)

// mutation is one conditional write of one item. It is first prepared and then
// committed, both under the lock of its table, so that several make a transaction.
type mutation struct {
	kind      mutationKind
	table     *table
	key       Map // of an update, what an absent item starts as
	update    update
	condition *node
	showOld   bool // a failed condition shows the item

	// after has the position of the item, and what the item will be. An update is computed when it is prepared, as old is read: the
	// item before. The item of either is nil if there is none.
	old, after row
}

func (m *mutation) prepare() error {
	m.old, _ = m.table.rows.Get(m.after)
	if !m.condition.holds(m.old.item) {
		if m.showOld {
			return conditionFailed(m.old.item)
		}
		return conditionFailed(nil)
	}
	if m.kind != updateItem {
		return nil
	}
	base := m.old.item
	if base == nil {
		base = m.key
	}
	item, err := m.update.apply(base)
	if err != nil {
		return err
	}
	m.after.item, m.after.size = item, itemSize(item)
	if m.after.size > maxItemSize {
		return invalid("Item size to update has exceeded the maximum allowed size")
	}
	return nil
}

func (m *mutation) commit() { m.table.set(m.after) }

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
